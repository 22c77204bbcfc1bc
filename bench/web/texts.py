"""The prompts in which keys are struck: templates of a known size, in English and in Chinese."""

from dataclasses import dataclass

KB = 1024
VARIABLES = ("topic", "audience", "tone", "language", "limit")

_ENGLISH = (
    "You are an editor who reads the draft about {{ topic }} with care and answers in {{ tone }}.",
    "Keep what is right, name what is missing, and never invent a source that nobody can check.",
    "Write for {{ audience }}, who know the field but have little time and want the result first.",
    "When two statements contradict each other, quote both of them and say which one is newer.",
    "Numbers keep their units, names keep their spelling, and quotations are left as they stand.",
    "{% if language is defined %}Answer in {{ language }}.{% endif %} Use short sentences.",
    "A list has at most {{ limit }} entries; what does not fit is summed up in one last sentence.",
)
_CHINESE = (
    "你是一名编辑，请认真阅读关于{{ topic }}的草稿，并用{{ tone }}的语气回答。",
    "保留正确的内容，指出缺少的部分，不要编造任何无法核实的来源。",
    "读者是{{ audience }}，他们了解这个领域，但是时间不多，希望先看到结论。",
    "如果两个说法互相矛盾，请同时引用这两个说法，并说明哪一个更新。",
    "数字保留单位，名称保留原来的写法，引文一个字也不要改动。",
    "{% if language is defined %}请用{{ language }}回答。{% endif %}请使用短句。",
    "列表最多{{ limit }}项，放不下的内容用最后一句话概括。",
)


@dataclass(frozen=True, slots=True)
class Sample:
    """A prompt of a known size."""

    name: str
    alias: str
    text: str
    is_chinese: bool

    @property
    def size_kb(self) -> int:
        """Its size in KB of UTF-8."""
        return round(len(self.text.encode()) / KB)


def samples() -> list[Sample]:
    """10 KB and 100 KB, each in English and in Chinese; sizes in bytes of UTF-8."""
    return [
        Sample(
            f"{size} KB of {language}",
            f"text-{size}-{language.lower()}",
            _text(lines, size * KB),
            is_chinese=lines is _CHINESE,
        )
        for size in (10, 100)
        for language, lines in (("English", _ENGLISH), ("Chinese", _CHINESE))
    ]


def without_spaces() -> Sample:
    """100 KB in one word: a tokenizer takes very long for it."""
    return Sample("100 KB without a space", "no-space", "abcdefghij" * 10 * KB, is_chinese=False)


def _text(lines: tuple[str, ...], size: int) -> str:
    """Paragraphs of three lines, numbered so that no two are alike."""
    text, number = "", 0
    while len(text.encode()) < size:
        number += 1
        first = number % len(lines)
        paragraph = [lines[(first + step) % len(lines)] for step in range(3)]
        text += f"{number}. {' '.join(paragraph)}\n\n"
    encoded = text.encode()[:size].decode(errors="ignore")
    # A whole paragraph at the end: half of a tag would be a fault.
    return encoded.rpartition("\n\n")[0] + "\n"
