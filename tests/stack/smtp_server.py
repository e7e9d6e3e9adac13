"""A real SMTP server for the tests. It requires STARTTLS and authentication, and writes each mail as a line of JSON.

Usage: smtp_server.py FOLDER PORT USERNAME. FOLDER contains certificate.pem, key.pem and password; mails.jsonl is written.
"""

import email
import email.policy
import json
import pathlib
import signal
import ssl
import sys

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

folder, port, username = pathlib.Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
password = (folder / "password").read_text()


def authenticate(server, session, envelope, mechanism, auth_data):
    """Accept only the configured user."""
    given = (auth_data.login.decode(), auth_data.password.decode())
    return AuthResult(success=given == (username, password), auth_data=given[0])


class Mailbox:
    async def handle_DATA(self, server, session, envelope):
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        body = mail.get_body(("plain", "html"))
        line = {
            "user": session.auth_data,
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "subject": mail["subject"],
            "body": body.get_content() if body else "",
        }
        with (folder / "mails.jsonl").open("a") as mails:
            mails.write(json.dumps(line) + "\n")
        return "250 accepted"


context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(folder / "certificate.pem", folder / "key.pem")
controller = Controller(
    Mailbox(),
    hostname="127.0.0.1",
    port=port,
    tls_context=context,
    require_starttls=True,
    authenticator=authenticate,
    auth_required=True,
    # Alertmanager does not understand the prompts that this server sends for LOGIN.
    auth_exclude_mechanism=["LOGIN"],
)
controller.start()
signal.pause()
