// Signs what a form is about with the key file that its reader picks. The key stays in the browser: it has no name in
// the form, and only the signature is sent. Statements are spelled as the ledger spells them: keys sorted, no spaces.
"use strict";

const TYPE = "application/vnd.in-toto+json";
const PREFIX = Uint8Array.of(0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00);
const bytes = (text) => new TextEncoder().encode(text);
const base64 = (data) => btoa(Array.from(new Uint8Array(data), (one) => String.fromCharCode(one)).join(""));
const hex = (data) => Array.from(new Uint8Array(data), (one) => one.toString(16).padStart(2, "0")).join("");

function sorted(value) {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.keys(value).sort().map((key) => [key, sorted(value[key])]));
}

async function privateKey(file) {
  const text = await file.text();
  const inner = text.match(/-----BEGIN PRIVATE KEY-----([A-Za-z0-9+/=\s]+)-----END PRIVATE KEY-----/);
  if (!inner) throw new Error("不是未加密的 Ed25519 私钥 / no plain Ed25519 key: sign on the command line instead");
  const der = Uint8Array.from(atob(inner[1].replace(/\s/g, "")), (one) => one.charCodeAt(0));
  return crypto.subtle.importKey("pkcs8", der, { name: "Ed25519" }, true, ["sign"]);
}

async function keyId(key) {
  const { x } = await crypto.subtle.exportKey("jwk", key);
  const raw = Uint8Array.from(atob(x.replace(/-/g, "+").replace(/_/g, "/")), (one) => one.charCodeAt(0));
  return hex(await crypto.subtle.digest("SHA-256", Uint8Array.of(...PREFIX, ...raw)));
}

async function sign(form) {
  const statement = JSON.parse(form.querySelector("[data-statement]").value);
  statement.predicate.words = form.elements.words.value.trim();
  const payload = bytes(JSON.stringify(sorted(statement)));
  const head = bytes(`DSSEv1 ${TYPE.length} ${TYPE} ${payload.length} `);
  const key = await privateKey(form.querySelector("[data-key]").files[0]);
  const signature = await crypto.subtle.sign("Ed25519", key, new Uint8Array([...head, ...payload]));
  form.elements.payload.value = base64(payload);
  form.elements.signature.value = base64(signature);
  form.elements.key_id.value = await keyId(key);
}

for (const picker of document.querySelectorAll("[data-key]")) {
  const form = picker.form;
  form.addEventListener("submit", async (event) => {
    if (picker.files.length === 0 || form.elements.signature.value) return;
    event.preventDefault();
    const pressed = event.submitter;
    const refusal = form.querySelector("[data-refusal]");
    try {
      await sign(form);
      form.requestSubmit(pressed);
    } catch (error) {
      const unfit = "不能用于签名的私钥 / a key that this browser cannot sign with: sign on the command line instead";
      refusal.textContent = `⚠ ${error.message || unfit}`;
      refusal.hidden = false;
    }
  });
}
