"""`sellerwatch corpus lessons`: what people answered to alerts, as labels that the model may learn from."""

from monitor.config import Config
from monitor.corpus.grow import keep
from monitor.corpus.rows import Labelled
from monitor.invocation import AsJson, ConfigDir, refuse, with_store
from monitor.lessons import FEEDBACK, labels
from monitor.opened import Store
from monitor.tables import console, print_json, table


def lessons(config: ConfigDir = None, as_json: AsJson = False) -> None:
    """Keep what people answered to alerts as corrections, beside those of `corpus feedback`: false alarms as none, what
    somebody took on as what it was read as. Read them before `corpus add` takes them over."""

    async def work(settings: Config, store: Store) -> list[Labelled]:
        rows = await labels(settings, store)
        for row in rows:
            keep(row, settings.state_dir / FEEDBACK)
        return rows

    try:
        rows = with_store(config, work, looks=True)
    except (ValueError, OSError) as error:
        raise refuse(error) from None
    if as_json:
        print_json([row.model_dump(mode="json") for row in rows])
        return
    table(
        "Lessons", "document", "kept as", "title",
        rows=[[row.id, " ".join(filter(None, (row.event_type, row.status))), row.title[:70]] for row in rows],
        empty="Nobody answered an alert with a false alarm, or took one on.",
    )  # fmt: skip
    if rows:
        console.print("Written in feedback.jsonl in the state directory; `sellerwatch corpus add` takes it over.")
