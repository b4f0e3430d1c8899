"""
proxies - nginx or stunnel in front of a server, with a certificate of their own

The configurations are nginx.conf, nginx-path.conf and stunnel.conf in this directory, the same that
README.md shows, with other ports and places. The programs are those of Debian's packages nginx-light and stunnel4,
started like any other program: in the foreground, on a free port, and ended by their process id.
"""
import pathlib
import shutil
import signal
import ssl
import subprocess

from ws_testlib.servers import free_port
from ws_testlib.waiting import PATIENCE, wait_until
from ws_testlib.wire import Client

HERE = pathlib.Path(__file__).resolve().parent

NAMES = "DNS:localhost,DNS:chat.example,IP:127.0.0.1"  # whom the certificate is for


# What a system's own configuration says around them: where to run, and what to write where.
AROUND = {
    "nginx": """daemon off;
pid {directory}/nginx.pid;
error_log stderr;
events {{}}
http {{
access_log off;
client_body_temp_path {directory}/body;
proxy_temp_path {directory}/proxy;
fastcgi_temp_path {directory}/fastcgi;
uwsgi_temp_path {directory}/uwsgi;
scgi_temp_path {directory}/scgi;
{configuration}}}
""",
    "stunnel": """foreground = yes
pid =
syslog = no
{configuration}""",
}


def configuration(program, port, server_port, directory, read_timeout):
    text = (HERE / f"{program}.conf").read_text()
    for shown, used in [(" 443", f" 127.0.0.1:{port}"), ("1:8080", f"1:{server_port}"),
                        (" 60", f" {read_timeout}"), ("/etc/ssl/chat/c", f"{directory}/c"),
                        ("/etc/ssl/chat/k", f"{directory}/k")]:
        assert text.count(shown) == 1, f"{shown} in {program}.conf"
        text = text.replace(shown, used)
    return AROUND[program.split("-")[0]].format(directory=directory, configuration=text)


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


class Proxy:
    """nginx (also "nginx-path") or stunnel, in front of a server, until stop()."""

    def __init__(self, program, server, directory, read_timeout):
        self.program, self.server, self.directory = program, server, directory
        self.context = ssl.create_default_context(cafile=directory / "certificate.pem")
        while not self.start(read_timeout):
            pass  # somebody else has taken the port that was free a moment ago

    def start(self, read_timeout):
        self.port = free_port()
        text = configuration(self.program, self.port, self.server.port, self.directory, read_timeout)
        config = self.directory / f"{self.program}.conf"
        config.write_text(text)
        name = self.program.split("-")[0]
        arguments = {"nginx": ["-p", self.directory, "-e", "stderr", "-c", config],
                     "stunnel": [config]}[name]
        self.log_file = open(self.directory / f"{self.program}.log", "w+b")
        self.process = subprocess.Popen([find_program(name), *arguments],
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
