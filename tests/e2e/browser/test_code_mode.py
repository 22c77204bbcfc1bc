"""The prompt as code, its tools and its output's form: nothing typed is lost on the way."""

import re

import pytest
from playwright.async_api import Locator, expect

from browser.desk import LOCAL_MODEL, Desk, Studio
from browser.words import Locale
from fixtures.api import Json, Project
from fixtures.waiting import eventually

_FORM: Json = {
    "role": "You are kind to {{ who }}.",
    "task": 'Say {"hi"} to {{ name }}.',
    "context": "It is {raining}.",
    "constraints": ["First.", "Second.", "Third."],
    "few_shot": [{"input": "a {b}", "output": "c"}],
}


@pytest.fixture
def locale() -> Locale:
    """The main way is gone in both languages; here one is enough."""
    return "zh-CN"


async def test_what_is_typed_at_full_speed_arrives_key_by_key(
    studio: Studio, project: Project
) -> None:
    text = (
        "Write about {{ topic }}, 用中文, for {{ audience | default('you') }}, {{ topic }} first."
    )
    async with studio.desk(project) as desk:
        await open_code(desk, "fast", "")
        await desk.type_code(text * 2)
        await desk.saved()
        assert (await desk.draft("fast"))["content"]["template"] == text * 2
        for name in ("topic", "audience"):
            await expect(desk.page.get_by_label(name, exact=True)).to_be_visible()


async def open_code(desk: Desk, alias: str, template: str) -> None:
    await desk.project.publish(alias, {"template": "Something else"}, model=LOCAL_MODEL)
    await desk.open_prompt(alias)
    await clear_code(desk)
    await desk.type_code(template)


async def clear_code(desk: Desk) -> None:
    await desk.field("editor.code.template").focus()
    await desk.page.keyboard.press("Control+a")
    await desk.page.keyboard.press("Delete")


async def test_variables_and_filters_are_completed(desk: Desk) -> None:
    await desk.project.publish("house-style", {"template": "Be brief."}, model=LOCAL_MODEL)
    await open_code(desk, "completed", "{{ topic }} and more. ")
    await desk.type_code("{{ to")
    await choose(desk, "topic", "Enter")
    await desk.page.keyboard.type(" | upp")
    await choose(desk, "upper", "Tab")
    await desk.page.keyboard.type(" }}{% inc")
    await choose(desk, "include", "Enter")
    await desk.page.keyboard.type(' "house-s')
    await choose(desk, "house-style", "click")
    await desk.page.keyboard.type('" %}')
    await desk.saved()
    template = (await desk.draft("completed"))["content"]["template"]
    assert template == '{{ topic }} and more. {{ topic | upper }}{% include "house-style" %}'
    # Outside of a tag nobody is disturbed.
    await desk.page.keyboard.type(" topic")
    await desk.saved()
    await expect(desk.page.locator(".suggest-widget.visible")).to_have_count(0)


async def choose(desk: Desk, name: str, how: str) -> None:
    """Takes what the list offers: it begins with this."""
    rows = desk.page.locator(".suggest-widget.visible .monaco-list-row")
    await expect(rows.first).to_have_text(name)
    await expect(rows.first).to_have_class(re.compile("focused"))
    if how == "click":
        await rows.first.click()
    else:
        await desk.page.keyboard.press(how)
    await expect(desk.page.locator(".suggest-widget.visible")).to_have_count(0)


async def test_a_mistake_is_underlined_where_it_stands_until_it_is_mended(desk: Desk) -> None:
    await open_code(desk, "wrong", "One line.\nAnother. ")
    await desk.type_code("{{ topic | nosuch }}")
    wave = desk.page.locator(".squiggly-error")
    await expect(wave).to_have_count(1)
    line = desk.page.locator(".view-line", has_text="nosuch")
    # The line is drawn anew when its variables get their colours.
    await eventually(lambda: overlap(wave, line), 10)
    await desk.page.keyboard.press("F8")
    await expect(desk.page.locator(".zone-widget")).to_contain_text(
        desk.words("editor.faults.unknownFilter", name="nosuch")
    )
    await desk.page.keyboard.press("Escape")
    await desk.field("editor.code.template").focus()
    await desk.page.keyboard.press("Control+End")
    for _ in range(len(" | nosuch }}")):
        await desk.page.keyboard.press("Backspace")
    await desk.page.keyboard.type(" }}")
    await expect(wave).to_have_count(0)


async def overlap(one: Locator, other: Locator) -> bool:
    first, second = await one.bounding_box(), await other.bounding_box()
    if first is None or second is None:
        return False
    middle = first["y"] + first["height"] / 2
    return (
        second["y"] <= middle <= second["y"] + second["height"]
        and first["x"] > second["x"]
        and first["width"] < second["width"]
    )


async def test_a_form_becomes_code_and_a_form_again_without_a_loss(desk: Desk) -> None:
    await desk.project.publish("form", {"structure": _FORM}, model=LOCAL_MODEL)
    await desk.open_prompt("form")
    await check_form(desk)
    await desk.button("editor.code.title").click()
    await expect(desk.field("editor.code.messageNumber", number=2)).to_be_attached()
    await desk.button("editor.builder.title").click()
    await check_form(desk)
    await desk.button("editor.code.title").click()
    await desk.field("editor.code.messageNumber", number=2).focus()
    await desk.page.keyboard.press("Control+End")
    await desk.page.keyboard.type("\n{% if more %}{{ more }}{% endif %}")
    await desk.button("editor.builder.title").click()
    dialog = desk.dialog("editor.noFormTitle")
    await expect(dialog).to_contain_text(desk.words("editor.noForm"))
    await desk.button("editor.stayInCode", dialog).click()
    await expect(dialog).to_be_hidden()
    await desk.saved()
    messages = (await desk.draft("form"))["content"]["messages"]
    assert messages[0] == {"role": "system", "content": "You are kind to {{ who }}."}
    assert messages[1]["content"].endswith("\n{% if more %}{{ more }}{% endif %}")


async def check_form(desk: Desk) -> None:
    for part in ("role", "task", "context"):
        await expect(desk.field(f"editor.builder.{part}")).to_have_value(_FORM[part])
    for number, text in enumerate(_FORM["constraints"], 1):
        field = desk.field("editor.builder.constraint", number=number)
        await expect(field).to_have_value(text)
    await expect(desk.field("editor.builder.exampleInput", number=1)).to_have_value("a {b}")
    await expect(desk.field("editor.builder.exampleOutput", number=1)).to_have_value("c")


async def test_tools_and_the_form_of_the_output_are_checked_and_kept(desk: Desk) -> None:
    await desk.project.publish("tools", {"template": "Hi {{ x }}"}, model=LOCAL_MODEL)
    await desk.open_prompt("tools")
    await keep_an_example(desk, "tools", "toolsTitle")
    await keep_an_example(desk, "outputSchema", "schemaTitle")
    await desk.saved()
    config = (await desk.draft("tools"))["content"]["config"]
    assert config["tools"][0]["function"]["name"] == "look_up_order"
    assert set(config["response_format"]["json_schema"]["schema"]["properties"]) == {
        "answer",
        "confidence",
    }


async def keep_an_example(desk: Desk, button: str, title: str) -> None:
    opening = desk.page.get_by_role(
        "button", name=re.compile("^" + desk.words(f"editor.config.{button}"))
    )
    await opening.click()
    dialog = desk.dialog(f"editor.config.{title}")
    text = dialog.get_by_label(desk.words(f"editor.config.{title}"), exact=True)
    apply = desk.button("editor.config.apply", dialog)
    await text.focus()
    await desk.page.keyboard.type("nonsense")
    wrong = desk.words("editor.config.wrong.json", detail="").strip()
    await expect(dialog.get_by_role("alert")).to_contain_text(wrong)
    await expect(apply).to_be_disabled()
    await desk.page.keyboard.press("Control+a")
    await desk.page.keyboard.press("Delete")
    await desk.button("editor.config.insertExample", dialog).click()
    await expect(dialog.get_by_role("alert")).to_be_hidden()
    await apply.click()
    await expect(dialog).to_be_hidden()


async def test_constraints_are_moved_by_keyboard_and_by_mouse(desk: Desk) -> None:
    await desk.project.publish("order", {"structure": _FORM}, model=LOCAL_MODEL)
    await desk.open_prompt("order")
    await move_by_keyboard(desk)
    await desk.saved()
    assert await constraints_of(desk, "order") == ["Second.", "First.", "Third."]
    await drag(desk, 3, 1)
    await expect(desk.field("editor.builder.constraint", number=1)).to_have_value("Third.")
    await desk.saved()
    assert await constraints_of(desk, "order") == ["Third.", "Second.", "First."]


async def constraints_of(desk: Desk, alias: str) -> list[str]:
    return (await desk.draft(alias))["content"]["structure"]["constraints"]


async def move_by_keyboard(desk: Desk) -> None:
    handle = desk.button("editor.builder.moveConstraint", number=1)
    await handle.focus()
    # What moves the rows is loaded when a handle is come near.
    await expect(handle).to_have_attribute("aria-roledescription", "sortable")
    await expect(handle).to_be_focused()
    steps = (
        ("Space", "dragStart", {"number": 1, "total": 3}),
        ("ArrowDown", "dragOver", {"number": 2, "total": 3}),
        ("Space", "dragEnd", {"number": 2, "total": 3}),
    )
    for key, said, values in steps:
        await desk.page.keyboard.press(key)
        told = desk.page.get_by_text(desk.words(f"editor.builder.{said}", **values), exact=True)
        await expect(told).to_be_attached()
    await expect(desk.field("editor.builder.constraint", number=1)).to_have_value("Second.")


async def drag(desk: Desk, number: int, to: int) -> None:
    boxes = [
        await desk.button("editor.builder.moveConstraint", number=one).bounding_box()
        for one in (number, to)
    ]
    start, end = boxes
    assert start is not None
    assert end is not None
    mouse = desk.page.mouse
    await mouse.move(start["x"] + 8, start["y"] + 8)
    await mouse.down()
    await mouse.move(end["x"] + 8, end["y"] + 4, steps=12)
    over = desk.words("editor.builder.dragOver", number=to, total=3)
    await expect(desk.page.get_by_text(over, exact=True)).to_be_attached()
    await mouse.up()


async def test_values_are_pasted_as_json_and_kept_as_samples(desk: Desk) -> None:
    await desk.project.publish(
        "samples", {"template": "{{ topic }} {{ count }}"}, model=LOCAL_MODEL
    )
    await desk.open_prompt("samples")
    await paste(desk)
    topic = desk.page.get_by_label("topic", exact=True)
    await expect(topic).to_have_value("owls")
    await expect(desk.page.get_by_label("count", exact=True)).to_have_value("3")
    await desk.button("editor.samples.title").click()
    menu = desk.dialog("editor.samples.title")
    await desk.field("editor.samples.name", menu).fill("Owls")
    await desk.button("editor.samples.save", menu).click()
    await desk.told("editor.samples.saved", name="Owls")
    await desk.page.keyboard.press("Escape")
    await topic.fill("foxes")
    await desk.page.reload()
    await expect(topic).to_have_value("foxes")
    await desk.button("editor.samples.title").click()
    await desk.named("button", "Owls", menu).click()
    await expect(topic).to_have_value("owls")
    await desk.button("editor.samples.delete", menu, name="Owls").click()
    await expect(desk.named("button", "Owls", menu)).to_be_hidden()
    await expect(menu).to_contain_text(desk.words("editor.samples.none"))


async def paste(desk: Desk) -> None:
    await desk.button("editor.variables.pasteJson").click()
    dialog = desk.dialog("editor.variables.pasteTitle")
    text = dialog.get_by_label("JSON", exact=True)
    await text.fill('["owls"]')
    await expect(dialog.get_by_role("alert")).to_have_text(desk.words("editor.variables.noObject"))
    await expect(desk.button("editor.variables.take", dialog)).to_be_disabled()
    await text.fill('{"topic": "owls", "count": 3}')
    await desk.button("editor.variables.take", dialog).click()
    await expect(dialog).to_be_hidden()
