"""What a person may choose from, as values: sizes, samplers, models, LoRA files; and how much of a prompt is read."""

from lab.session.choices.lora_files import LoraFile, loras_in
from lab.session.choices.models import ModelChoice, choice_of, memory_said, models_of
from lab.session.choices.named_model import named_model
from lab.session.choices.samplers import SamplerChoice, samplers_of
from lab.session.choices.sizes import RatioSize, locked, sizes_of, snapped
from lab.session.choices.word_count import WordCount, count_words

__all__ = [
    "LoraFile",
    "ModelChoice",
    "RatioSize",
    "SamplerChoice",
    "WordCount",
    "choice_of",
    "count_words",
    "locked",
    "loras_in",
    "memory_said",
    "models_of",
    "named_model",
    "samplers_of",
    "sizes_of",
    "snapped",
]
