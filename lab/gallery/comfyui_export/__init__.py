"""Drawings as graphs of ComfyUI, of its core's nodes alone."""

from lab.gallery.comfyui_export.folder import ExportedGraph, to_comfyui

__all__ = ["ExportedGraph", "to_comfyui"]
