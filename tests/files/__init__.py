"""Files and folders as people have them. Where which kind, and its siblings, stand with their right value or sentence:

ink lighter than paper              test_ink: DRAWINGS
pixels as they are meant            test_pixels: NUMBERS, modes, SPACES, profiles; test_generated: 300 files more
masks of other tools                test_masks: MASKS, through Python, painter and command line
proportions and alpha               test_proportions: SHAPES, MODELS
cut-outs that know when they err    test_cutouts; photographs: PHOTOGRAPHS
folders                             test_folders: TAKEN, NOT_MADE, NO_PICTURES
names of results, numbers           tests/test_cli*, tests/gallery, tests/widgets/panel
cancel                              test_cancel: TASKS
what a file tells                   test_what_files_tell: PLACES, BROUGHT
notebooks                           tests/browser/test_still, tests/widgets/studio/test_still
what a page sends                   tests/browser/test_canvas_pictures, tests/widgets/canvas/test_smaller_picture
"""
