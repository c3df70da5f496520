# Two commands do everything on a fresh Debian or Ubuntu machine: `make lab` and `make test`.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=
NOTEBOOK ?= notebooks/sketch_to_image.ipynb
BY_FILE := --dist loadfile --no-loadscope-reorder
IN_BROWSER = HF_HUB_OFFLINE=1 OMP_NUM_THREADS=1 $(BIN)/python -m pytest tests/browser
FAILED_ONLY := --last-failed --last-failed-no-failures none # once more, alone: a page of a busy machine may be late
ROOT_ARGS := $(if $(filter 0,$(shell id -u)),--allow-root,)

WITHOUT_BOUNDS := import re, tomllib; found = tomllib.load(open('pyproject.toml', 'rb'))['project']; \
  print(*(re.sub(',?<[^,]*', '', one) for one in found['dependencies'] + found['optional-dependencies']['test']))

define place-settings
	@mkdir -p $(1)/share/jupyter/lab/settings/overrides.d
	@cp deploy/jupyterlab-settings.json $(1)/share/jupyter/lab/settings/overrides.d/sketchlab.json
	@$(1)/bin/python -m lab.read_ahead $(1)
endef

.PHONY: lab test newest bench lint audit lock screenshots starter clean

lab: $(VENV)/installed ## open JupyterLab on a sketch canvas; ARGS are passed on to it
	$(BIN)/jupyter lab --LabApp.default_url=/lab/tree/$(NOTEBOOK) $(ROOT_ARGS) $(ARGS)

test: $(VENV)/installed-test ## everything: lint, unit, starter model, notebooks, real JupyterLab in Chromium
	@PATH="$(CURDIR)/$(BIN):$$PATH" bash .ci/chromium
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	@$(BIN)/pyright > $(VENV)/types.txt & types=$$!; \
	HF_HUB_OFFLINE=1 OMP_NUM_THREADS=1 $(BIN)/python -m pytest $(or $(ARGS),-m "not browser" -n auto --maxprocesses 4 $(BY_FILE)); \
	tests=$$?; wait $$types || tests=1; cat $(VENV)/types.txt; exit $$tests
	$(if $(ARGS),,$(IN_BROWSER) -n 2 $(BY_FILE) || $(IN_BROWSER) $(FAILED_ONLY))

newest: ## everything, with the newest of all libraries instead of those that pyproject.toml allows
	$(MAKE) .venv-newest/bin/python VENV=.venv-newest
	.venv-newest/bin/python -m pip install --disable-pip-version-check -q --upgrade \
	  $$(.venv-newest/bin/python -c "$(WITHOUT_BOUNDS)")
	.venv-newest/bin/python -m pip install --disable-pip-version-check -q --no-deps -e .
	$(call place-settings,.venv-newest)
	@touch .venv-newest/installed .venv-newest/installed-test
	$(MAKE) test VENV=.venv-newest

bench: $(VENV)/installed-test ## every figure, each as one JSON object
	@for bench in ink wait preview engine cancel trades control starter; do $(BIN)/python -m bench.$$bench || exit 1; done

lint: $(VENV)/installed-test ## style and types, mended where a tool can mend them
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/pyright

audit: $(VENV)/installed ## known holes in what is installed, where the package index tells of them
	@test -x .venv-audit/bin/pip-audit || { $(PYTHON) -m venv .venv-audit && .venv-audit/bin/python -m pip install -q pip-audit; }
	.venv-audit/bin/pip-audit --path $(VENV)/lib/python3.*/site-packages
	@echo "Only what this index knows of was looked at: packages listed above as not found were not."

lock: $(VENV)/installed ## pin what is installed here, with hashes, as that which a pod installs
	@test -x .venv-lock/bin/uv || { $(PYTHON) -m venv .venv-lock && .venv-lock/bin/python -m pip install -q uv; }
	$(BIN)/python -m pip freeze --exclude-editable | grep == > .venv-lock/installed.txt
	.venv-lock/bin/uv pip compile pyproject.toml --universal --python-version 3.11.5 --generate-hashes --quiet \
	  --no-header --no-annotate --no-emit-index-url --constraints .venv-lock/installed.txt -o deploy/requirements.lock

screenshots: $(VENV)/installed-test ## draw with the Studio in Chromium and take the README's pictures
	@PATH="$(CURDIR)/$(BIN):$$PATH" bash .ci/chromium
	$(BIN)/python -m bench.screenshots

starter: $(VENV)/installed-test ## train the starter model anew: hours, resumes where it was stopped
	$(BIN)/python -m lab.starter.train all

clean: ## forget the virtual environment
	rm -rf $(VENV)

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' \
	  || { echo "Sketchlab needs Python 3.11 to 3.13; $(PYTHON) is $$($(PYTHON) --version 2>&1). Try: make PYTHON=python3.12 lab"; exit 1; }
	@$(PYTHON) -m venv $(VENV) \
	  || { rm -rf $(VENV); echo "Python's venv is missing. Try: sudo apt-get install python3-venv"; exit 1; }

$(VENV)/installed: $(VENV)/bin/python pyproject.toml
	$(BIN)/python -m pip install --disable-pip-version-check -q -e .
	$(call place-settings,$(VENV))
	@touch $@

$(VENV)/installed-test: $(VENV)/installed pyproject.toml
	$(BIN)/python -m pip install --disable-pip-version-check -q -e ".[test]"
	@touch $@
