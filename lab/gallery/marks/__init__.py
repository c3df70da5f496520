"""What people give pictures so that they find them again."""

from lab.gallery.marks.tags import tag_of, tags_in, with_tags, without_tags

__all__ = ["tag_of", "tags_in", "with_tags", "without_tags"]
