"""Networks that read pictures: annotators, selection, cut-outs. Loaded lazily, kept on one shelf."""
