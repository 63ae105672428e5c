"""What `make -C tests browser` runs: a web page of somebody else's, in a real browser, against `hikyaku dev`.

    python3 run.py HIKYAKU

HIKYAKU is the command. Debian's packages chromium, chromium-driver and php-cli have to be there.

The page tries all that a page can do. First with a server that takes everything, which shows that each attempt leaves the browser; then
with the local cloud, where none may have an effect. At last a program does the same, and has to get through: what was refused would have
had an effect.
"""
import json
import shutil
import sys
import tempfile
from pathlib import Path

import cloud
import programs
from chromium import Chromium
from servers import Elsewhere, Listening

# What the page tries; page.html has one for each, and more of a kind.
KINDS = ["fetch POST", "fetch GET", "beacon", "image", "script", "frame", "socket", "events", "form", "form of text", "form in a sandbox",
         "fetch with a target", "fetch with keys", "fetch that reads"]


def attempts(browser, elsewhere, targets):
    """Has the page try everything on these targets; answers what it could read."""
    browser.open(elsewhere.url("evil.example", "page.html"))
    told = browser.run("return window.attempt(arguments[0])", targets)
    names = {name for name, _ in told}
    missing = [kind for kind in KINDS if kind not in names]
    if missing:
        sys.exit(f"the page has not tried: {missing}")
    return [(name, text) for name, text in told if text is not None]


def check(what, holds, detail=""):
    if not holds:
        sys.exit(f"not so: {what}\n{detail}")
    print("ok:", what, flush=True)


def main():
    hikyaku = Path(sys.argv[1]).resolve()
    for program in ("chromium", "chromedriver", "php"):
        if shutil.which(program) is None:
            sys.exit(f"there is no {program}: on Debian, apt-get install chromium chromium-driver php-cli")
    with tempfile.TemporaryDirectory() as folder, Elsewhere() as elsewhere, Listening() as listening:
        with Chromium(Path(folder, "browser")) as browser:
            attempts(browser, elsewhere, cloud.targets_at(listening.port))
            for attempt in KINDS:
                check(f"`{attempt}` leaves the browser", listening.has_heard(attempt), listening.heard)
            with cloud.Cloud(hikyaku, Path(folder, "cloud")) as local:
                against(browser, elsewhere, local)


def against(browser, elsewhere, local):
    before = local.effects()
    for port in local.ports():
        read = attempts(browser, elsewhere, local.targets(port))
        check(f"a page reads nothing of port {port}", not read, read)
        check(f"a page has no effect at port {port}", local.effects() == before, local.effects())
    for name, port in local.named_ports():
        # A name of the page's own that leads here: to the browser it is one and the same site.
        browser.open(f"http://evil.example:{port}/?Action=ListQueues&Version=2012-11-05")
        shown = browser.run("return document.body ? document.body.innerText : ''")
        check(f"a name that leads to {name} shows why it is refused", "evil.example" in shown and "--allow-host" in shown, shown)
        read = browser.run(SAME_SITE, local.targets(port))
        check(f"nor does it read there: {name}", all(status == 403 for status in read), read)
    check("nothing has happened", local.effects() == before, local.effects())

    browser.open(f"http://127.0.0.1:{local.php_port}/form")
    browser.run("document.forms[0].submit()")
    browser.until("return document.title === 'posted'")
    check("a page of the application posts to it", local.hits() == 1, local.hits())
    browser.open(elsewhere.url("evil.example", "page.html"))
    browser.run(f"document.body.innerHTML = '<a href=\"http://127.0.0.1:{local.php_port}/form\">x</a>'; document.links[0].click()")
    browser.until("return document.title === 'form'")
    check("a link leads to the application", True)
    browser.open(elsewhere.url("localhost", "page.html"))
    answer = browser.run("return fetch(arguments[0], {method: 'POST'}).then(a => a.text(), String)", f"http://127.0.0.1:{local.php_port}/api")
    check("a page of another server of this machine asks the application, which allows it", answer == "allowed", answer)

    programs.do_it_all(local)
    after = local.effects()
    check("a program has every effect that the page had not", all(after[key] != before[key] for key in before), json.dumps([before, after]))


SAME_SITE = """
const t = arguments[0];
const asks = [
  fetch('/?' + t.form, {method: 'POST'}), fetch('/', {method: 'POST', headers: t.sqs, body: t.send}),
  fetch('/', {method: 'POST', headers: t.dynamodb, body: t.put}), fetch(t.invoke, {method: 'POST', body: t.event}), fetch('/hit', {method: 'POST'})];
return Promise.all(asks.map(ask => ask.then(answer => answer.status, String)));
"""

if __name__ == "__main__":
    main()
