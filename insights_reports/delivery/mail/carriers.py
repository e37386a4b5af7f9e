"""What takes messages: a mail server, a mailbox behind Microsoft Graph."""

from insights_reports.delivery.destinations import GraphTransport, MailTransport
from insights_reports.delivery.mail.graph_mailbox import GraphMailbox
from insights_reports.delivery.mail.smtp import MailServer


def connected(transport: MailTransport | GraphTransport) -> MailServer | GraphMailbox:
    """Signed in as ``transport`` says; a context manager.

    Raises:
        NoConversation: when it cannot be.
    """
    if isinstance(transport, GraphTransport):
        return GraphMailbox(transport)
    return MailServer(transport)
