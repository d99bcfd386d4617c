"""Progress of a command as bars of tqdm: one a stage at work, since stages overlap."""

from __future__ import annotations

from types import TracebackType
from typing import Any

from tqdm.auto import tqdm


class Progress:
    def __init__(self, shown: bool | None) -> None:
        # None is tqdm's own word for: where stderr is a terminal.
        self._disable = None if shown is None else not shown
        self._bars: dict[str, Any] = {}

    def on(self, event: dict[str, Any]) -> None:
        """An event of src/base/events.ts."""
        stage = event.get("stage", "")
        if event["type"] == "progress":
            bar = self._bars.get(stage)
            if bar is None:
                bar = self._bars[stage] = tqdm(desc=stage, unit=f" {event['unit']}", disable=self._disable)
            bar.total = event["total"]
            bar.update(event["completed"] - bar.n)
        elif event["type"] == "stage-done" and stage in self._bars:
            self._bars.pop(stage).close()

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, _type: type[BaseException] | None, _error: BaseException | None, _at: TracebackType | None) -> None:
        for bar in self._bars.values():
            bar.close()
