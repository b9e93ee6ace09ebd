"""What the record calls what somebody did, as the desk's own buttons and pages say it."""

from collections.abc import Mapping

from monitor.web.speech import noop

DID: Mapping[str, str] = {
    "login": noop("Log in"),
    "login_failed": noop("login refused"),
    "logout": noop("Log out"),
    "setup": noop("The first admin"),
    "session.end": noop("That session has ended."),
    "user.add": noop("Somebody new"),
    "user.role": noop("Give this role"),
    "user.password": noop("Set the password"),
    "user.disable": noop("Shut out"),
    "user.enable": noop("Let in again"),
    "user.remove": noop("Remove"),
    "user.reads": noop("How you read"),
    "token.add": noop("A new token"),
    "token.revoke": noop("Revoke"),
    "incident.ack": noop("acknowledged it"),
    "incident.take": noop("sees to it"),
    "incident.false_alarm": noop("called it a false alarm"),
    "incident.not_for_us": noop("said that it does not concern them"),
    "incident.for_us": noop("said that it concerns them after all"),
    "incident.done": noop("marked as done"),
    "incident.undone": noop("marked as not done"),
    "incident.close": noop("closed it"),
    "incident.reopen": noop("opened it again"),
    "incident.merge": noop("merged it with another incident"),
    "incident.split": noop("split it"),
    "incident.silence": noop("Silence something"),
    "incident.unsilence": noop("End this silence"),
    "incident.pack": noop("Evidence pack"),
    "silence.add": noop("Silence something"),
    "silence.end": noop("End this silence"),
    "message.retry": noop("Try it again"),
    "cluster.again": noop("Do it again"),
    "document.correct": noop("Keep the correction"),
    "exposure.upload": noop("Take these figures"),
    "exposure.file": noop("Use the file again"),
    "source.try": noop("Try a URL"),
    "feedback.lessons": noop("Keep what people answered to alerts"),
}
"""By the code that is kept and that the API gives; what has no words here is shown as that."""
