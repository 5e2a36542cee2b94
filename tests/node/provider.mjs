// A provider of OpenID Connect for the tests: whoever signs in is whom they say, by the library's own forms.
// Called with the file of the library, a port, and the addresses to which browsers may be sent back.
import { createServer } from "node:http";

const [library, port, ...back] = process.argv.slice(2);
const { default: Provider } = await import(library);
const issuer = `http://127.0.0.1:${port}`;
const account = (sub) => ({
  sub,
  email: sub,
  email_verified: !sub.startsWith("unverified"),
  resident_id: sub.split("@")[0],
});
const provider = new Provider(issuer, {
  clients: [
    { client_id: "portal", client_secret: "a secret of the client", redirect_uris: back },
    { client_id: "open", token_endpoint_auth_method: "none", redirect_uris: back },
  ],
  claims: { openid: ["sub"], email: ["email", "email_verified"], resident_id: ["resident_id"] },
  scopes: ["openid", "email", "resident_id"],
  pkce: { required: () => true },
  findAccount: (_, sub) => ({ accountId: sub, claims: () => account(sub) }),
  conformIdTokenClaims: process.env.CLAIMS_IN_TOKEN !== "yes",
  cookies: { keys: ["of the tests alone"] },
});
createServer(provider.callback()).listen(Number(port), "127.0.0.1");
