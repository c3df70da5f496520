"""How the starter model was made: `python -m lab.starter.train --help` lists the parts; the lab never imports this."""
