# SPDX-License-Identifier: Apache-2.0
"""Certificates as the Elastic Agent makes them for a component: an authority of its own, a server's for a random name, a client's.
Made by the command line of OpenSSL, once for a run of tests."""

import pathlib
import secrets
import subprocess

EXTENSIONS = """
[authority]
basicConstraints=critical,CA:TRUE
keyUsage=critical,keyCertSign,cRLSign
[server]
subjectAltName=DNS:{name}
extendedKeyUsage=serverAuth,clientAuth
[client]
extendedKeyUsage=clientAuth,serverAuth
"""


def openssl(folder, *arguments):
    done = subprocess.run(["openssl", *arguments], cwd=folder, capture_output=True, text=True, timeout=60,
                          stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        raise RuntimeError(f"openssl {' '.join(arguments)}: {done.stderr}")


class Authority:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self._key("authority")
        self._extensions("unused")
        openssl(self.folder, "req", "-x509", "-new", "-key", "authority.key", "-subj", "/O=elastic-fleet/CN=localhost",
                "-days", "30", "-config", "extensions", "-extensions", "authority", "-out", "authority.pem")
        self.pem = self._read("authority.pem")

    def pair(self, kind, name):
        """(certificate, private key) as PEM, the key in the form that the Agent uses. kind: server or client."""
        stem = f"{kind}-{secrets.token_hex(4)}"
        self._key(stem)
        self._extensions(name)
        openssl(self.folder, "req", "-new", "-key", f"{stem}.key", "-subj", f"/O=elastic-fleet/CN={name}", "-out", f"{stem}.csr",
                "-config", "extensions")
        openssl(self.folder, "x509", "-req", "-in", f"{stem}.csr", "-CA", "authority.pem", "-CAkey", "authority.key", "-CAcreateserial",
                "-days", "30", "-extfile", "extensions", "-extensions", kind, "-out", f"{stem}.pem")
        return self._read(f"{stem}.pem"), self._read(f"{stem}.key")

    def _key(self, stem):
        openssl(self.folder, "genrsa", "-traditional", "-out", f"{stem}.key", "2048")

    def _extensions(self, name):
        text = "[req]\ndistinguished_name=dn\n[dn]\n" + EXTENSIONS.format(name=name)
        (self.folder / "extensions").write_text(text, encoding="ascii")

    def _read(self, name):
        return (self.folder / name).read_text(encoding="ascii")
