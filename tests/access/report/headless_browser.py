"""Chromium without a window, driven with the standard library alone.

With `--remote-debugging-pipe`, the DevTools protocol runs over two file descriptors, 3 and 4, as
JSON objects with a zero byte after each: no port, no web socket.
"""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PATIENCE = 60.0
"""Seconds after which a browser counts as stuck, however busy the machine is."""
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--remote-debugging-pipe",
)


def find_browser() -> str | None:
    """The browser's path: that of `CHROMIUM`, or the first that is installed."""
    found = (os.environ.get("CHROMIUM"), *(shutil.which(name) for name in NAMES))
    return next((path for path in found if path), None)


class Browser:
    """One page of a browser.

    Attributes:
        requests: Address of everything that the page asked for.
        complaints: What the page wrote to its console, and its errors.
    """

    def __init__(self, executable: str, folder: Path) -> None:
        to_browser, from_browser = folder / "to-browser", folder / "from-browser"
        os.mkfifo(to_browser)
        os.mkfifo(from_browser)
        # The browser wants the descriptors 3 and 4, which only a shell can promise to be free.
        script = 'exec 3<"$1" 4>"$2"; shift 2; exec "$@"'
        self._process = subprocess.Popen(
            ["sh", "-c", script, "sh", to_browser, from_browser, executable, *FLAGS,
             f"--user-data-dir={folder / 'profile'}", "about:blank"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self._writer = to_browser.open("wb", buffering=0)
        self._reader = from_browser.open("rb")
        self._buffer = b""
        self._number = 0
        self._session: str | None = None
        self.requests: list[str] = []
        self.complaints: list[str] = []
        page = next(
            target
            for target in self.call("Target.getTargets")["targetInfos"]
            if target["type"] == "page"
        )
        attached = self.call("Target.attachToTarget", targetId=page["targetId"], flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")

    def __enter__(self) -> Browser:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._session = None
        try:
            self.call("Browser.close")
            self._process.wait(20)
        finally:
            self._writer.close()
            self._reader.close()
            if self._process.poll() is None:
                self._process.kill()
                self._process.wait()

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Call a method of the protocol and return its result."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        self._writer.write(json.dumps(message).encode() + b"\0")
        while True:
            answer = self._receive()
            if answer.get("id") == self._number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]

    def _receive(self) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._reader], [], [], PATIENCE)
            part = os.read(self._reader.fileno(), 1 << 20) if ready else b""
            if not part:
                raise RuntimeError("the browser went away, or does not answer")
            self._buffer += part
        text, _, self._buffer = self._buffer.partition(b"\0")
        message = json.loads(text)
        parameters = message.get("params", {})
        if message.get("method") == "Network.requestWillBeSent":
            self.requests.append(parameters["request"]["url"])
        elif message.get("method") == "Runtime.exceptionThrown":
            self.complaints.append(str(parameters["exceptionDetails"]))
        elif message.get("method") == "Log.entryAdded":
            self.complaints.append(parameters["entry"]["text"])
        return message

    def show(
        self, url: str, *, width: int = 1280, height: int = 900, dark: bool = False, scale: int = 1
    ) -> None:
        """Load a page as a screen of that size and scheme would."""
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=scale,
            mobile=width < 700,
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", media="", features=[scheme])
        self.requests.clear()
        self.complaints.clear()
        self.call("Page.navigate", url="about:blank")
        self.call("Page.navigate", url=url)
        self.wait("document.readyState === 'complete' && location.href !== 'about:blank'")

    def value(self, expression: str) -> Any:
        """Return what a JavaScript expression is."""
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        if "exceptionDetails" in result:
            raise RuntimeError(f"{expression}: {result['exceptionDetails']}")
        return result["result"].get("value")

    def wait(self, expression: str) -> None:
        """Wait until a JavaScript expression is true."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            if self.value(expression):
                return
            time.sleep(0.02)
        raise RuntimeError(f"never: {expression}")

    def press(self, key: str) -> None:
        """Press a key."""
        text = "\r" if key == "Enter" else ""
        code = {"Enter": 13, "Escape": 27, "Tab": 9}.get(key, 0)
        for kind in ("keyDown", "keyUp"):
            self.call(
                "Input.dispatchKeyEvent",
                type=kind,
                key=key,
                code=key,
                windowsVirtualKeyCode=code,
                **({"text": text} if text and kind == "keyDown" else {}),
            )

    def click(self, selector: str) -> None:
        """Click where an element is."""
        place = self.value(
            f"(() => {{ const e = document.querySelector({json.dumps(selector)});"
            "e.scrollIntoView({block: 'center'}); const r = e.getBoundingClientRect();"
            "return [r.x + r.width / 2, r.y + r.height / 2] })()"
        )
        for kind in ("mousePressed", "mouseReleased"):
            self.call(
                "Input.dispatchMouseEvent",
                type=kind,
                x=place[0],
                y=place[1],
                button="left",
                clickCount=1,
            )

    def picture(self, *, full: bool = False) -> bytes:
        """Return what is on the screen, or the full page, as PNG."""
        result = self.call(
            "Page.captureScreenshot", format="png", captureBeyondViewport=full, **self._clip(full)
        )
        return base64.b64decode(result["data"])

    def _clip(self, full: bool) -> dict[str, Any]:
        if not full:
            return {}
        size = self.call("Page.getLayoutMetrics")["cssContentSize"]
        return {"clip": {"x": 0, "y": 0, **{k: size[k] for k in ("width", "height")}, "scale": 1}}

    def printed(self) -> bytes:
        """Return the page as it is printed, as PDF."""
        result = self.call("Page.printToPDF", printBackground=False, paperWidth=8.27)
        return base64.b64decode(result["data"])
