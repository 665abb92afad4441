"""Sphinx extension: pages that work without a network, no dead buttons, a plain API page.

What Jupyter Book does not do by itself:

- formulas are MathML, which needs no script (see formulas.py); one that cannot be read ends the
  build;
- Thebe's scripts, which every page would carry although nothing uses them, are left out;
- repository buttons, and those of Binder and Colab, appear only once the repository's address is
  set;
- chapters get a row of buttons: "run this page here", if `make live` has fetched what that takes,
  Binder, Colab, download;
- pages weigh what they use (see weight.py), and say what they are to search engines, once the
  address is set;
- the search lists chapters of the asked name first, with excerpts from prose;
- terms in bold open their definition from the glossary;
- cells that name a figure that moves get it below their picture, and its scripts (see moving.py);
- chapters get their quiz, above the references (see quiz.py);
- fields of named tuples are not listed ("Alias for field number 0").
"""

from pathlib import Path
from urllib.parse import urlsplit

from docutils import nodes
from sphinx.errors import SphinxError
from sphinx.util.logging import get_node_location

import formulas
import generated
import live
import moving
import notebooks
import pages
import quiz
import weight

BUTTONS = ["use_repository_button", "use_issues_button", "use_edit_page_button"]


def drop_thebe(app):
    for listeners in app.events.listeners.values():
        listeners[:] = [x for x in listeners if not x.handler.__module__.startswith("sphinx_thebe")]
    app.registry.css_files[:] = [x for x in app.registry.css_files if "thebe" not in x[0]]


def drop_dead_buttons(app, config):
    options = config.html_theme_options
    if options.get("repository_url", live.PLACEHOLDER) == live.PLACEHOLDER:
        options["repository_url"] = ""
        options.update(dict.fromkeys(BUTTONS, False))


def draw(self, node):
    """Write a formula; the error of one that cannot be read says where it stands."""
    kind = formulas.block if isinstance(node, nodes.math_block) else formulas.inline
    try:
        self.body.append(kind(node.astext()))
    except formulas.FormulaError as error:
        raise SphinxError(f"{get_node_location(node)}: {error}") from None
    raise nodes.SkipNode


def add_quiz(app, page, text):
    name = Path(page).name
    if page != f"notebooks/{name}":
        return
    file = quiz.source(name)
    # A chapter without a quiz is read again when one of the files changes.
    for path in [file] if file else quiz.FOLDER.glob("*.toml"):
        app.env.note_dependency(str(path))
    if file:
        text[0] = quiz.added(text[0], quiz.read(file)[name])


def offer_to_run(app, page, template, context, doctree):
    name = Path(page).name
    path = notebooks.FOLDER / f"{name}.ipynb"
    if page == f"notebooks/{name}":
        runs = live.KEPT.exists() and live.is_live(notebooks.read(path))
        context["body"] = live.offer(context["body"], name, generated.address(), runs=runs)


def note_moving(app, doctree):
    for path in moving.sources(doctree):
        app.env.note_dependency(str(path))


def add_moving(app, doctree, page):
    if app.builder.format == "html" and app.builder.name != "epub":
        moving.place(doctree)


def mend_words(app, doctree, page):
    pages.units(doctree)
    if page == "book/api":
        pages.scripts(doctree)


def copy_moving(app):
    if app.builder.format == "html":
        moving.publish(Path(app.outdir) / "_static")


def load_moving(app, page, template, context, doctree):
    names = moving.names(context.get("body", ""))
    for script in moving.scripts(names):
        app.add_js_file(script, loading_method="defer")
    if names:
        app.add_css_file(moving.STYLE)


def mend(app, page, template, context, doctree):
    if "body" in context:
        body = pages.PLAIN.sub(r"\1", context["body"].replace(pages.WRONG_NAME, ""))
        context["body"] = pages.chips(pages.folds(pages.together(body)))
    if page == "book/api":
        context["body"] = pages.BREAK.sub(r"\1<wbr>", context["body"])
    if "<math" in context.get("body", ""):  # else the page is laid out twice
        font = context["pathto"]("_static/math.woff2", resource=True)
        context["metatags"] += f'<link rel="preload" href="{font}" as="font" crossorigin>'
    if page.startswith("notebooks/"):
        link = context["pathto"]("book/glossary")
        context["body"] = pages.explain(context["body"], pages.terms(app), link)


def finish(app, exception):
    if exception is None and app.builder.format == "html":
        pages.finish(Path(app.outdir))
        weight.lighten(Path(app.outdir))
        (Path(app.outdir) / "_static" / "prose.json").write_text(pages.prose(app), "utf-8")


def give_address(app):
    """Canonical links, a map of the site and pictures for links, once there is an address."""
    app.setup_extension("sphinxext.opengraph")
    app.setup_extension("notfound.extension")
    app.config.notfound_context = pages.NOT_FOUND
    address = pages.published(generated.address())
    app.config.notfound_urls_prefix = urlsplit(address).path or "/"
    app.config.ogp_social_cards = {"enable": bool(address)}
    if address:
        app.setup_extension("sphinx_sitemap")
        app.config.html_baseurl = app.config.ogp_site_url = address
        app.config.sitemap_url_scheme = "{link}"


def copy_live(app, exception):
    if exception is None and app.builder.format == "html" and live.KEPT.exists():
        live.publish(Path(app.outdir))


def skip_fields(app, what, name, member, skip, options):
    return True if type(member).__name__ == "_tuplegetter" else None


def setup(app):
    app.connect("autodoc-skip-member", skip_fields)
    app.connect("config-inited", drop_dead_buttons, priority=1)
    app.connect("config-inited", lambda app, config: drop_thebe(app), priority=1)
    app.connect("source-read", add_quiz)
    app.connect("doctree-read", note_moving)
    app.connect("builder-inited", copy_moving)
    app.connect("doctree-resolved", add_moving)
    app.connect("doctree-resolved", mend_words)
    app.connect("html-page-context", load_moving)
    app.connect("html-page-context", offer_to_run)
    app.connect("html-page-context", mend)
    app.connect("build-finished", copy_live)
    app.connect("build-finished", finish)
    give_address(app)
    app.add_html_math_renderer("mathml", (draw, None), (draw, None))
    app.config.html_math_renderer = "mathml"
    return {"parallel_read_safe": True, "parallel_write_safe": True}
