"""Set the repository's address in _config.yml and in the notebooks' Colab cells.

    python tools/set_address.py https://github.com/OWNER/REPOSITORY

That address itself is the placeholder: with it the pages have no launch buttons.
"""

import re
import sys

import generated
import notebooks

ADDRESS = re.compile(r"https://(github|gitlab)\.com/[\w.-]+/[\w.-]+")


def main() -> None:
    url = sys.argv[1].strip().removesuffix("/").removesuffix(".git") if sys.argv[1:] else ""
    if not ADDRESS.fullmatch(url):
        raise SystemExit(f"expected https://github.com/OWNER/REPOSITORY; got {url!r}")
    text = generated.CONFIG.read_text("utf-8")
    generated.CONFIG.write_text(generated.ADDRESS.sub(url, text, count=1), "utf-8")
    changed = sum(generated.renew(path) for path in notebooks.paths())
    print(f"{url} is set in _config.yml and in {changed} notebooks.")


if __name__ == "__main__":
    main()
