"""Errors of our own go to Sentry when a DSN is set; nothing of a document, a secret or a local variable does."""

from typing import Any

import sentry_sdk

from monitor import __version__
from monitor.logs import REDACT


def report_to(dsn: str, environment: str) -> None:
    """Start reporting, with tracing off; an empty `dsn` means nowhere.

    Sentry's own scrubber goes by the names of keys: a webhook inside an exception's text would pass. So every text of
    an event is rewritten by the redactor, and locals and source lines never enter one. Of its integrations only the
    log's is taken: the others add request headers that would name us, our release and our DSN to every site we watch.
    """
    if not dsn:
        return

    def clean(event: Any, _: Any) -> Any:
        return REDACT.value(event)

    sentry_sdk.init(
        dsn=dsn,
        environment=environment,
        release=f"sellerwatch@{__version__}",
        server_name="sellerwatch",
        send_default_pii=False,
        include_local_variables=False,
        include_source_context=False,
        max_request_body_size="never",
        max_breadcrumbs=20,
        traces_sample_rate=None,
        trace_propagation_targets=[],
        auto_enabling_integrations=False,
        auto_session_tracking=False,
        before_send=clean,
        before_breadcrumb=clean,
        shutdown_timeout=1,
    )
