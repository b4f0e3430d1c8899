"""
proxies - nginx or stunnel in front of a server, with a certificate of their own

The configurations are nginx.conf.in and stunnel.conf.in in this directory. The programs are those
of Debian's packages nginx-light and stunnel4, started like any other program: in the foreground, on
a free port, and ended by their process id.
"""
import pathlib
import shutil
import signal
import socket
import ssl
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(1, str(HERE.parent / "abuse"))
from peers import PATIENCE, Client  # noqa: E402
from servers import wait_until  # noqa: E402

NAMES = "DNS:localhost,DNS:chat.example,IP:127.0.0.1"  # whom the certificate is for


def find_program(name):
    path = shutil.which(name, path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
    assert path, f"{name} is missing: run tests/setup"
    return path


def make_certificate(directory):
    """Self-signed, as one makes it to try things out."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                    "-subj", "/CN=localhost", "-addext", f"subjectAltName={NAMES}",
                    "-keyout", directory / "key.pem", "-out", directory / "certificate.pem"],
                   check=True, capture_output=True)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Proxy:
    """nginx or stunnel, in front of a server, until stop()."""

    def __init__(self, program, server, directory, read_timeout):
        self.program, self.server, self.directory = program, server, directory
        self.context = ssl.create_default_context(cafile=directory / "certificate.pem")
        while not self.start(read_timeout):
            pass  # somebody else has taken the port that was free a moment ago

    def start(self, read_timeout):
        self.port = free_port()
        values = {"LISTEN": f"127.0.0.1:{self.port}", "SERVER_PORT": self.server.port,
                  "DIRECTORY": self.directory, "READ_TIMEOUT": read_timeout}
        text = (HERE / f"{self.program}.conf.in").read_text()
        for name, value in values.items():
            text = text.replace(f"@{name}@", str(value))
        config = self.directory / f"{self.program}.conf"
        config.write_text(text)
        arguments = {"nginx": ["-p", self.directory, "-e", "stderr", "-c", config],
                     "stunnel": [config]}[self.program]
        self.log_file = open(self.directory / f"{self.program}.log", "w+b")
        self.process = subprocess.Popen([find_program(self.program), *arguments],
                                        stdin=subprocess.DEVNULL, stdout=self.log_file,
                                        stderr=self.log_file)
        wait_until(lambda: self.process.poll() is not None or self.answers(),
                   f"{self.program} is ready")
        if self.process.poll() is None:
            return True
        assert "in use" in self.log(), self.log()
        return False

    def answers(self):
        try:
            self.client().close()
            return True
        except OSError:
            return False

    def log(self):
        return pathlib.Path(self.log_file.name).read_text()

    def client(self, name="localhost"):
        """A raw client that speaks TLS and then whatever it likes."""
        client = Client(self.port)
        try:
            client.socket = self.context.wrap_socket(client.socket, server_hostname=name)
        except OSError:
            client.close()
            raise
        return client

    @property
    def origin(self):
        return f"https://localhost:{self.port}"

    @property
    def url(self):
        return f"wss://localhost:{self.port}/"

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(PATIENCE)
        finally:
            if self.process.poll() is None:
                self.process.kill()
                self.process.wait()
            self.log_file.close()
