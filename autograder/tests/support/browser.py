"""JupyterLab in a folder of its own, and a real browser to use it with."""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, sync_playwright

PICTURE = "svg[aria-label]"
"""A figure of ours, in CSS; buttons and menus have drawings of their own."""

FLAGS = [
    "--no-sandbox",  # Chromium refuses to start as root otherwise
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

SETTINGS = {
    # All cells are in the page, not only those in view.
    "notebook-extension/tracker": {"windowingMode": "none"},
    # No question whether to fetch news, and nothing fetched.
    "apputils-extension/notification": {
        "fetchNews": "false",
        "checkForUpdates": False,
        "doNotDisturbMode": True,
    },
}


@contextmanager
def jupyterlab(folder: Path, theme: str = "JupyterLab Light") -> Iterator[str]:
    """Start JupyterLab in ``folder``, with nobody's settings but ours, and give its URL.

    The URL ends with the token: ``http://…/lab?token=…``.
    """
    own = folder / ".jupyter-of-the-test"
    settings = {**SETTINGS, "apputils-extension/themes": {"theme": theme}}
    for name, content in settings.items():
        path = own / "settings/@jupyterlab" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content))
    token = secrets.token_hex(16)
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"]
    # Two servers that look for a free port at the same time may both take the same one.
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command += [f"--ServerApp.root_dir={folder}", "--ServerApp.ip=127.0.0.1"]
    command += [f"--ServerApp.port={port}", "--ServerApp.port_retries=0"]
    command += [f"--IdentityProvider.token={token}", "--LabApp.collaborative=False"]
    environment = {
        **os.environ,
        "OMP_NUM_THREADS": "1",  # pytest runs a process per core already
        "HOME": str(own),
        "IPYTHONDIR": str(own / "ipython"),
        "JUPYTER_CONFIG_DIR": str(own / "config"),
        "JUPYTER_DATA_DIR": str(own / "data"),
        "JUPYTER_RUNTIME_DIR": str(own / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(own / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(own / "workspaces"),
    }
    log = own / "server.log"
    with log.open("w") as file:
        server = subprocess.Popen(command, stdout=file, stderr=file, env=environment, cwd=folder)
    try:
        # The server writes its address when it listens.
        deadline = time.monotonic() + 120
        while not (info := [*own.glob("runtime/jpserver-*.json")]):
            stopped = server.poll() is not None or time.monotonic() > deadline
            assert not stopped, f"JupyterLab does not start:\n{log.read_text()}"
            time.sleep(0.2)
        yield f"{json.loads(info[0].read_text())['url']}lab?token={token}"
    finally:
        server.terminate()  # it ends its kernels first
        try:
            server.wait(30)
        except subprocess.TimeoutExpired:
            server.kill()


@contextmanager
def chromium(executable: str) -> Iterator[Page]:
    """A page of a fresh headless browser."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        try:
            yield browser.new_page(viewport={"width": 1280, "height": 900})
        finally:
            browser.close()


def obstacles(page: Page, within: str | None = None) -> list[str]:
    """What axe finds that keeps somebody from reading a page, or what a selector finds in it."""
    return [
        f"{found['id']}: {found['help']}, e.g. {found['nodes'][0]['html'][:200]}"
        for found in Axe().run(page, context=within).response["violations"]
    ]


def sideways(page: Page, width: int = 390) -> int:
    """By how many pixels a page is wider than a phone."""
    page.set_viewport_size({"width": width, "height": 844})
    return page.evaluate("document.documentElement.scrollWidth") - width


def sheets(page: Page) -> int:
    """How many sheets of paper, A4, a page takes."""
    return len(re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4")))


CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


class Lesson:
    """A notebook open in JupyterLab, and what a student does with it.

    seconds: how long the longest step may take.
    """

    def __init__(self, page: Page, lab: str, name: str, seconds: float):
        self.page, self.milliseconds = page, 1000 * seconds
        page.set_default_timeout(self.milliseconds)
        address, _, token = lab.partition("?")
        self.cells = page.locator(".jp-Notebook .jp-Cell")
        page.goto(f"{address}/tree/{name}.ipynb?{token}")
        self.cells.first.wait_for()
        self.idle()

    def idle(self) -> None:
        """Wait until the kernel is there and no cell runs or waits for its turn."""
        self.page.wait_for_function(
            """() => {
                const bar = document.querySelector('#jp-main-statusbar').innerText;
                const prompts = [...document.querySelectorAll('.jp-Notebook .jp-InputPrompt')];
                return bar.includes('(ipykernel) | Idle')
                    && !prompts.some(p => p.textContent.includes('*'));
            }""",
            timeout=self.milliseconds,
        )

    def menu(self, *path: str) -> None:
        """Choose a command from the menus."""
        self.page.locator(f".lm-MenuBar-item:has-text('{path[0]}')").first.click()
        for entry in path[1:]:
            self.page.locator(".lm-Menu-item", has_text=entry).first.click()

    def run_all(self) -> None:
        """Run → Run All Cells, and wait until all have run, or none has begun for ten seconds."""
        for _ in range(3):
            self._run_all_once()
            if any(prompt.strip("[]: ") for prompt in self.prompts()):
                break  # Lab drops what is run while the kernel's connection comes up

    def _run_all_once(self) -> None:
        self.menu("Run", "Run All Cells")
        self.page.evaluate("window.quietSince = performance.now()")
        self.page.wait_for_function(
            """() => {
                const prompts = [...document.querySelectorAll('.jp-CodeCell .jp-InputPrompt')]
                    .map(prompt => prompt.textContent).join(' ');
                const bar = document.querySelector('#jp-main-statusbar').innerText;
                if (prompts !== window.promptsBefore || prompts.includes('*')
                    || !bar.includes('| Idle')) {
                    window.quietSince = performance.now();
                    window.promptsBefore = prompts;
                }
                return !/\\[[ *]?\\]/.test(prompts) || performance.now() - window.quietSince > 1e4;
            }""",
            polling=100,
        )
        self.idle()

    def cell(self, index: int) -> Locator:
        """A cell by its place in the notebook."""
        return self.cells.nth(index)

    def run(self, index: int) -> None:
        """Click into a cell and press Ctrl+Enter."""
        before = self.prompt(index)
        self.cell(index).locator(".cm-content").click()
        self.page.keyboard.press("Control+Enter")
        self.page.wait_for_function(
            """([index, before]) => {
                const cell = document.querySelectorAll('.jp-Notebook .jp-Cell')[index];
                const now = cell.querySelector('.jp-InputPrompt').textContent;
                return now !== before && /\\d/.test(now);
            }""",
            arg=[index, before],
            timeout=self.milliseconds,
        )

    def prompts(self) -> list[str]:
        """What stands beside the code cells: [1]: or, before they have run, [ ]:"""
        return self.page.locator(".jp-CodeCell .jp-InputPrompt").all_inner_texts()

    def prompt(self, index: int) -> str:
        """What stands beside a code cell: [3]:"""
        return self.cell(index).locator(".jp-InputPrompt").inner_text()

    def type(self, index: int, source: str) -> None:
        """Replace the source of a cell."""
        self.cell(index).locator(".cm-content").click()
        self.page.keyboard.press("Control+A")
        self.page.keyboard.press("Delete")
        self.page.keyboard.insert_text(source)  # key by key, the editor would indent it again

    # What a cell shows, and its widgets.

    def picture(self, index: int) -> str:
        """The first picture that a cell shows, as it is drawn."""
        return self.cell(index).locator(f".jp-OutputArea {PICTURE}").first.inner_html()

    def wait_for_another_picture(self, index: int, before: str) -> None:
        """Wait until a cell's picture is another one than before."""
        self.page.wait_for_function(
            """([index, before, picture]) => {
                const cell = document.querySelectorAll('.jp-Notebook .jp-Cell')[index];
                const image = cell.querySelector(`.jp-OutputArea ${picture}`);
                return image && image.innerHTML !== before;
            }""",
            arg=[index, before, PICTURE],
        )

    def has_slider(self, index: int) -> bool:
        """Whether the widget of a cell has a slider."""
        self.cell(index).locator(".widget-interact").wait_for()
        return self.slider(index).count() > 0

    def slider(self, index: int) -> Locator:
        """The handle of the first slider of a cell's widget."""
        return self.cell(index).locator(".widget-slider .noUi-handle").first

    def press(self, control: Locator, key: str) -> None:
        """Give a control the focus and press a key."""
        control.focus()
        self.page.keyboard.press(key)

    def report(self, index: int) -> Locator:
        """What the check in a cell says."""
        return self.cell(index).locator(".cnnlab-report").first

    def wait_for_report(self, index: int, status: str) -> None:
        """Wait until the check in a cell says "correct", "incorrect" or "not attempted"."""
        self.cell(index).locator(f".cnnlab-report[data-status='{status}']").first.wait_for()

    def contrasts(self) -> list[tuple[str, float]]:
        """Every text in the HTML that cells show, with its contrast to what is behind it.

        Contrast as WCAG 2 defines it: from 1, invisible, to 21, black on white.
        """
        return self.page.evaluate(
            """() => {
                const rgba = text => text.match(/[\\d.]+/g).map(Number);
                const light = ([r, g, b]) => [r, g, b]
                    .map(v => v / 255)
                    .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
                    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
                const behind = element => {
                    const color = rgba(getComputedStyle(element).backgroundColor);
                    return color.length < 4 || color[3] === 1 ? color
                        : behind(element.parentElement);
                };
                const found = [];
                for (const html of document.querySelectorAll('.jp-OutputArea .jp-RenderedHTML')) {
                    const texts = document.createTreeWalker(html, NodeFilter.SHOW_TEXT);
                    while (texts.nextNode()) {
                        const {data, parentElement} = texts.currentNode;
                        if (!data.trim() || parentElement.closest('style, script')) continue;
                        const [a, b] = [rgba(getComputedStyle(parentElement).color),
                                        behind(parentElement)].map(light);
                        found.push([data, (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)]);
                    }
                }
                return found;
            }"""
        )

    def screenshot(self, index: int, path: Path) -> None:
        """Keep a picture of a cell for whoever wants to look."""
        self.cell(index).screenshot(path=path)
