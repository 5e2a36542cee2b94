"""Real servers on loopback for tests of sources, each in a folder of its own and ended with its test module.

A server whose program is missing fails its tests in words: `.ci/run` installs them.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

NOBODY = 65534
_PATIENCE = 60.0


@dataclass(frozen=True)
class Served:
    """A server that answers: its port, its folder, the client for SQL that is read from its input, and the authority
    behind its certificate.
    """

    port: int
    folder: Path
    run: Callable[[str], None]
    ca_file: Path
    client: tuple[str, ...] = ()

    @contextmanager
    def busy(self, sql: str) -> Iterator[None]:
        """While this lasts, a session of somebody else's is open in which this was run; it ends by saying `locked`."""
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        process: subprocess.Popen[str] = subprocess.Popen(self.client, **pipes)  # type: ignore[call-overload]
        assert process.stdin and process.stdout
        try:
            process.stdin.write(f"{sql};\n")
            process.stdin.flush()
            while "locked" not in (line := process.stdout.readline()):
                assert line, "the session ended"
            yield
        finally:
            process.stdin.close()
            process.wait(_PATIENCE)
            process.stdout.close()


def program(name: str, package: str, *places: str) -> str:
    """Where a program lies; fails in words where it does not."""
    found = shutil.which(name, path=os.pathsep.join([*places, os.environ.get("PATH", ""), "/usr/sbin"]))
    assert found, f"{name} is not installed, and this test is of the real server: apt-get install {package}"
    return found


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def own_place() -> Iterator[Path]:
    """A folder that an account without rights can reach and write to."""
    folder = Path(tempfile.mkdtemp(prefix="served."))
    folder.chmod(0o755)
    if os.getuid() == 0:
        os.chown(folder, NOBODY, NOBODY)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def humble(command: Sequence[str | Path]) -> list[str]:
    """A command as an account without rights runs it: database servers refuse to be root's."""
    prefix = [program("setpriv", "util-linux"), f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
    return [*(prefix if os.getuid() == 0 else []), *map(str, command)]


def did(command: Sequence[str | Path], **more: object) -> None:
    """Run a command that must succeed; its words are the failure's."""
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, **more)  # type: ignore[call-overload]
    assert done.returncode == 0, f"{command[0]}: {done.stderr}"


def _heed_signals() -> None:
    """What this process ignores, a server does not: it is ended by a signal."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)


@contextmanager
def serving(command: Sequence[str], folder: Path, ready: Callable[[], bool]) -> Iterator[None]:
    """A server process, from when it answers until it is ended."""
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder, preexec_fn=_heed_signals)
    try:
        end = time.monotonic() + _PATIENCE
        while not ready():
            assert process.poll() is None and time.monotonic() < end, (folder / "log").read_text("utf-8", "replace")
            time.sleep(0.05)
        yield
    finally:
        process.send_signal(signal.SIGINT if "postgres" in "".join(command) else signal.SIGTERM)
        try:
            process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def s3() -> Iterator[str]:
    """A server that speaks S3; its address."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    try:
        yield f"http://{host}:{port}"
    finally:
        server.stop()


@contextmanager
def sftp() -> Iterator[tuple[str, Path, str, Path]]:
    """OpenSSH with one user; its URL, the folder that it serves, its host key, and the file of the user's key."""
    server, keygen = program("sshd", "openssh-server", "/usr/sbin"), program("ssh-keygen", "openssh-client")
    port = free_port()
    Path("/run/sshd").mkdir(exist_ok=True)
    with own_place() as folder:
        for name in ("host", "user", "other"):
            did([keygen, "-q", "-t", "ed25519", "-N", "", "-f", folder / name])
        (folder / "allowed").write_bytes((folder / "user.pub").read_bytes())
        os.chown(folder, os.getuid(), os.getgid())
        config = [
            f"Port {port}", "ListenAddress 127.0.0.1", f"HostKey {folder / 'host'}", f"PidFile {folder / 'pid'}",
            f"AuthorizedKeysFile {folder / 'allowed'}", "StrictModes no", "PermitRootLogin prohibit-password",
            "PasswordAuthentication no", "UsePAM no", "Subsystem sftp internal-sftp",
        ]  # fmt: skip
        (folder / "config").write_text("\n".join(config) + "\n")
        served = folder / "served"
        served.mkdir()
        with serving([server, "-D", "-e", "-f", str(folder / "config")], folder, lambda: listens(port)):
            host_key = " ".join((folder / "host.pub").read_text().split()[:2])
            yield f"sftp://127.0.0.1:{port}{served}", served, host_key, folder / "user"


@contextmanager
def web(folder: Path) -> Iterator[str]:
    """A plain web server of a folder; its address."""
    port = free_port()
    command = [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1", "--directory", str(folder)]
    with own_place() as place, serving(command, place, lambda: listens(port)):
        yield f"http://127.0.0.1:{port}"


@contextmanager
def answering(answers: Mapping[str, tuple[int, str, str]]) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """A web server that says by path what it is told to: status, where it sends to, body; its address, and what it was
    asked with which authorization. A path that it was told nothing of is not there.
    """
    asked: list[tuple[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append((self.path, self.headers.get("Authorization", "")))
            status, location, body = answers.get(self.path, (404, "", ""))
            self.send_response(status)
            self.send_header("Content-Type", "text/html" if "<" in body else "text/csv")
            self.send_header("Content-Length", str(len(body.encode())))
            if location:
                self.send_header("Location", location)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body.encode())

        do_HEAD = do_GET  # noqa: N815 - the library's name

        def log_message(self, *given: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def certified(folder: Path) -> tuple[Path, Path, Path]:
    """A certificate for 127.0.0.1, its key, and the authority that signed it, in files of whoever runs the server."""
    now, made = datetime.now(UTC), list[Path]()
    authority, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "an authority")])
    here = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])

    def signed(subject: x509.Name, public: ec.EllipticCurvePublicKey, extension: x509.ExtensionType) -> bytes:
        builder = x509.CertificateBuilder(issuer, subject, public, x509.random_serial_number())
        builder = builder.not_valid_before(now - timedelta(hours=1)).not_valid_after(now + timedelta(days=1))
        return builder.add_extension(extension, critical=True).sign(authority, SHA256()).public_bytes(Encoding.PEM)

    own = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    texts = {
        "own.pem": signed(subject, key.public_key(), here),
        "own.key": own,
        "ca.pem": signed(issuer, authority.public_key(), x509.BasicConstraints(ca=True, path_length=None)),
    }
    for name, text in texts.items():
        made.append(folder / name)
        made[-1].write_bytes(text)
        made[-1].chmod(0o600)
        if os.getuid() == 0:
            os.chown(made[-1], NOBODY, NOBODY)
    return made[0], made[1], made[2]


def listens(port: int) -> bool:
    """Whether somebody answers on a port."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def postgresql(password: str) -> Iterator[Served]:
    """PostgreSQL with a user `reader` of that password."""
    places = sorted(map(str, Path("/usr/lib/postgresql").glob("*/bin")), reverse=True)
    initdb, server = (program(name, "postgresql", *places) for name in ("initdb", "postgres"))
    psql, port = program("psql", "postgresql"), free_port()
    with own_place() as folder:
        data = folder / "data"
        did(humble([initdb, "-D", data, "-U", "admin", "-A", "trust", "-E", "UTF8", "--locale=C", "-N"]), cwd=folder)
        certificate, key, authority = certified(folder)
        # Whoever comes by the socket is trusted, and by the network has to know the password.
        (data / "pg_hba.conf").write_text("local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n")
        options = [f"-cunix_socket_directories={folder}", "-clisten_addresses=127.0.0.1", "-cfsync=off"]
        options += ["-cssl=on", f"-cssl_cert_file={certificate}", f"-cssl_key_file={key}"]
        command = humble([server, "-D", data, "-p", str(port), *options])

        who = ["-h", str(folder), "-p", str(port), "-U", "admin", "-d", "postgres"]
        opened = [psql, "-X", "-q", *who, "-v", "ON_ERROR_STOP=1"]

        def run(sql: str) -> None:
            did([*opened, "-c", sql])

        socket_file = folder / f".s.PGSQL.{port}"

        def ready() -> bool:  # it listens before it lets anybody in
            asked = [*opened, "-c", "select 1"]
            return socket_file.exists() and not subprocess.run(asked, capture_output=True, check=False).returncode

        with serving(command, folder, ready):
            quoted = password.replace("'", "''")
            run(f"create role reader login password '{quoted}'; grant pg_read_all_data to reader")
            yield Served(port, folder, run, authority, tuple(opened))


@contextmanager
def mariadb(password: str) -> Iterator[Served]:
    """MariaDB with a database `city` and a user `reader` of that password."""
    install, server, client = (
        program(name, "mariadb-server") for name in ("mariadb-install-db", "mariadbd", "mariadb")
    )
    port = free_port()
    with own_place() as folder:
        data, door = folder / "data", folder / "s.sock"
        own = ["--auth-root-authentication-method=normal", "--skip-test-db"]
        did(humble([install, "--no-defaults", f"--datadir={data}", *own]), cwd=folder)
        options = [f"--datadir={data}", f"--socket={door}", f"--port={port}", "--bind-address=127.0.0.1"]
        certificate, key, authority = certified(folder)
        options += [f"--ssl-cert={certificate}", f"--ssl-key={key}"]
        command = humble([server, "--no-defaults", *options, "--skip-name-resolve", f"--pid-file={folder / 'pid'}"])

        opened = [client, "--no-defaults", f"--socket={door}", "-uroot", "--default-character-set=utf8mb4"]

        def run(sql: str) -> None:
            did([*opened, "-e", f"set sql_mode = ''; {sql}"])

        with serving(command, folder, lambda: door.exists() and listens(port)):
            run(f"create database city; create user reader@'127.0.0.1' identified by '{password}'")
            run("grant select on city.* to reader@'127.0.0.1'")
            yield Served(port, folder, run, authority, (*opened, "--unbuffered"))
