"""Others sign the log: a witness on this machine, an authority for time stamps, and what each refuses."""

from __future__ import annotations

import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from lake.guarding import findings_of
from lake.settings import Settings, load_settings
from lake.witnessing import have_signed, signed_roots
from sharing.checkpoint import read_checkpoint
from sharing.cosigning import Answer, Witness, request
from sharing.keys import create_key
from sharing.ledger import Ledger
from sharing.serving import serve
from sharing.tiles import Tiles, folder_reader
from sharing.transparency import publish
from sharing.tree import consistency_proof
from tests.keys import signer_in

NOW = datetime(2026, 11, 21, 10, tzinfo=UTC)


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test pulls the plug: the disk is not waited for."""
    monkeypatch.setattr("os.fsync", lambda _: None)


def grown(settings: Settings, entries: int) -> Ledger:
    """The ledger with so many more entries, and its log brought up to it."""
    signer = signer_in(settings.keys)
    with Ledger.open(settings.ledger, signer) as ledger:
        ledger.append_many([("access", {"subject": f"s{number}"}) for number in range(entries)], NOW)
        publish(settings.log, settings.releases, ledger, signer)
        return ledger


@contextmanager
def running(server: ThreadingHTTPServer) -> Iterator[str]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def witness(tmp_path: Path) -> Witness:
    key = create_key(tmp_path / "witness.pem")
    log = signer_in(tmp_path / "state" / "keys").public
    return Witness("other.example", key, [log], tmp_path / "witnessed", lambda: NOW)


def city(tmp_path: Path, url: str, witness: Witness, **more: str) -> Settings:
    (tmp_path / "w.pem").write_bytes(witness.signer.public.pem)
    (tmp_path / "witnesses").write_text(f"# who signs\nother.example {url} w.pem\n", "utf-8")
    environment = {"ZHONGTAI_STATE": str(tmp_path / "state"), "ZHONGTAI_WITNESSES": str(tmp_path / "witnesses"), **more}
    return load_settings(tmp_path, {**environment, "ZHONGTAI_NOW": NOW.isoformat()})


def test_a_witness_signs_what_grew_and_refuses_what_did_not(tmp_path: Path, witness: Witness) -> None:
    with running(serve(witness)) as url:
        settings = city(tmp_path, url, witness)
        grown(settings, 300)
        shutil.copytree(settings.state, tmp_path / "before")
        assert have_signed(settings) == []
        grown(settings, 5)
        assert have_signed(settings) == []
        checkpoint = read_checkpoint((settings.log / "checkpoint").read_bytes())
        assert checkpoint.cosigned("other.example", witness.signer.public) == NOW
        roots, faults, notes = signed_roots(settings)
        assert [(one.size, one.root) for one in roots] == [(305, checkpoint.root.hex())] and faults == []
        assert "305 entries" in notes[0]
        # Everything of the city is put back, its log and all that it was told with it: the witness has not forgotten.
        shutil.rmtree(settings.state)
        shutil.copytree(tmp_path / "before", settings.state)
        for entries in (0, 1, 4, 9):
            grown(settings, entries)
            (note,) = have_signed(settings)
            assert "refuses" in note
        found = findings_of(settings).open(None)
        assert {one.rule for one in found} == {"witness_conflict"} and len(found) == 1


def test_a_witness_that_cannot_be_reached_stops_nothing(tmp_path: Path, witness: Witness) -> None:
    with running(serve(witness)) as url:
        settings = city(tmp_path, url, witness)
    grown(settings, 3)
    (note,) = have_signed(settings)
    assert "cannot be reached" in note
    assert "has signed nothing yet" in signed_roots(settings)[2][0]


def test_a_witness_that_lost_its_past_signs_again_from_the_beginning(tmp_path: Path, witness: Witness) -> None:
    with running(serve(witness)) as url:
        settings = city(tmp_path, url, witness)
        grown(settings, 3)
        assert have_signed(settings) == []
        shutil.rmtree(witness.folder)
        grown(settings, 3)
        assert have_signed(settings) == []


def test_what_is_no_request_is_refused(tmp_path: Path, witness: Witness) -> None:
    settings = city(tmp_path, "http://127.0.0.1:1", witness)
    grown(settings, 3)
    note = read_checkpoint((settings.log / "checkpoint").read_bytes())
    first = request(0, [], note)

    def status(body: bytes) -> int:
        return witness.add_checkpoint(body).status

    assert status(b"") == status(b"old x\n\n" + note.note) == status(first.replace(b"old 0", b"old 9")) == 400
    assert status(first.replace(b"\n3\n", b"\n4\n")) == 403
    assert status(first) == 200 and status(first) == 409
    assert witness.add_checkpoint(request(2, [], note)) == Answer(409, "3\n", "text/x.tlog.size")
    grown(settings, 2)
    later = read_checkpoint((settings.log / "checkpoint").read_bytes())
    proof = consistency_proof(Tiles(folder_reader(settings.log)), 3, 5)
    assert status(request(3, proof[::-1], later)) == status(request(3, [], later)) == 422
    assert status(request(3, proof, later)) == 200


# Time stamps.


def authority(folder: Path) -> tuple[Path, type[BaseHTTPRequestHandler]]:
    """An authority of OpenSSL's: its root certificate, and what answers."""
    key = rsa.generate_private_key(65537, 2048)
    root = _certificate(key, None, "root")
    leaf = rsa.generate_private_key(65537, 2048)
    cert = _certificate(leaf, (root, key), "tsa")
    for name, one in (("root.pem", root), ("tsa.pem", cert)):
        (folder / name).write_bytes(one.public_bytes(serialization.Encoding.PEM))
    (folder / "tsa.key").write_bytes(
        leaf.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    (folder / "serial").write_text("01\n")
    (folder / "tsa.conf").write_text(
        f"[tsa]\ndefault_tsa=t\n[t]\nserial={folder}/serial\ncrypto_device=builtin\nsigner_cert={folder}/tsa.pem\n"
        f"signer_key={folder}/tsa.key\nsigner_digest=sha256\ndefault_policy=1.2.3.4\ndigests=sha256\n"
        "ess_cert_id_alg=sha256\n"
    )

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            (folder / "query").write_bytes(self.rfile.read(int(self.headers["Content-Length"])))
            command = ["openssl", "ts", "-reply", "-config", str(folder / "tsa.conf"), "-queryfile"]
            command += [str(folder / "query"), "-out", str(folder / "answer")]
            subprocess.run(command, check=True, capture_output=True)
            data = (folder / "answer").read_bytes()
            self.send_response(200)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            pass

    return folder / "root.pem", Handler


def _certificate(
    key: rsa.RSAPrivateKey, by: tuple[x509.Certificate, rsa.RSAPrivateKey] | None, name: str
) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    today = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by[0].subject if by else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=3))
        .add_extension(x509.BasicConstraints(ca=by is None, path_length=None), critical=True)
    )
    if by:
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
        builder = builder.add_extension(usage, critical=True)
    return builder.sign(by[1] if by else key, hashes.SHA256())


def test_a_time_stamp_is_kept_and_a_changed_one_is_found(tmp_path: Path, witness: Witness) -> None:
    (tmp_path / "tsa").mkdir()
    root, handler = authority(tmp_path / "tsa")
    with running(ThreadingHTTPServer(("127.0.0.1", 0), handler)) as url:
        settings = city(tmp_path, "http://127.0.0.1:1", witness, ZHONGTAI_TSA=url, ZHONGTAI_TSA_ROOT=str(root))
        (tmp_path / "witnesses").write_text("", "utf-8")
        grown(settings, 4)
        assert have_signed(settings) == []
        assert have_signed(settings) == []
    roots, faults, _ = signed_roots(settings)
    assert [one.size for one in roots] == [4] and "time stamp" in roots[0].place and faults == []
    grown(settings, 1)
    (note,) = have_signed(settings)
    assert "cannot be reached" in note
    stamped = settings.log / "stamps" / "4.checkpoint"
    stamped.write_bytes(stamped.read_bytes().replace(b"\n4\n", b"\n5\n"))
    assert [one.rule for one in signed_roots(settings)[1]] == ["time_stamp"]
