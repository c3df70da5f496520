// Two pictures compared, as a widget of its own. Draws from the model only. `compare.py` joins the files.

import { comparisonView } from "./comparison_view.js";

function render({ model, el, signal }) {
  const view = comparisonView({
    el, signal, way: model.get("way"),
    ask: (said) => model.send({ kind: "side", ...said }),
    choose: (way) => { model.set("way", way); model.save_changes(); },
  });
  const paint = () => view.show(model.get("compared"));
  model.on("change:compared", paint);
  model.on("msg:custom", view.hear);
  signal.addEventListener("abort", () => {
    model.off("change:compared", paint);
    model.off("msg:custom", view.hear);
  });
  paint();
}

export default { render };
