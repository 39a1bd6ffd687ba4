"""An officer's own tasks: what is listed, taking work, and proposing."""

import re
from collections.abc import Callable
from html import unescape
from uuid import uuid4

import pytest

from congvu.organization.v1 import resources_pb2
from congvu.organization.v1 import service_pb2 as organization_rpc
from embedded.doors import Doors
from testkit.cities import RunningCity

from .accounts import DEPARTMENT_HEAD, OFFICER, PASSWORD, WARD_HEAD, WARD_OFFICER
from .conftest import Web
from .given import Given

Sessions = Callable[[str], Web]


def section(page: str, name: str) -> str:
    """The part of the page below a heading."""
    found = re.search(rf'<section class="card" data-list="{name}"[^>]*>.*?</section>', page, re.DOTALL)
    assert found is not None
    return found[0]


def test_open_and_submitted_work_stand_apart_and_finish_leads_back(web: Sessions, given: Given) -> None:
    task = given.task(DEPARTMENT_HEAD, officer=OFFICER, title="Lập kế hoạch tuần")
    assert f"/work/{task}" in section(web(OFFICER).get("/tasks").text, "open")
    answer = web(OFFICER).send(f"/work/{task}", do="submit", back="/tasks")
    assert (answer.status_code, answer.headers["location"]) == (303, "/tasks?done=submit")
    page = web(OFFICER).get("/tasks").text
    assert f"/work/{task}" not in section(page, "open")
    assert f"/work/{task}" in section(page, "submitted")
    web(DEPARTMENT_HEAD).send(f"/work/{task}", do="accept")
    assert f"/work/{task}" not in section(web(OFFICER).get("/tasks").text, "submitted")


def test_late_work_is_marked_and_comes_first(web: Sessions, given: Given) -> None:
    late = given.late_work(OFFICER)
    rows = re.findall(r'<tr id="task-([^"]+)"( class="overdue")?', web(OFFICER).get("/tasks").text)
    assert (late, ' class="overdue"') in rows
    marks = [bool(mark) for _, mark in rows]
    assert marks == sorted(marks, reverse=True)


def test_another_unit_that_is_waited_for_is_named(web: Sessions, given: Given) -> None:
    task = given.task(DEPARTMENT_HEAD, officer=OFFICER)
    asked = {"title": "Cho ý kiến", "unit": "19753", "due_at": "2036-12-01T17:00", "request_id": uuid4().hex}
    assert web(OFFICER).send(f"/work/{task}", do="ask", **asked).status_code == 303
    row = re.search(rf'<tr id="task-{task}".*?</tr>', web(OFFICER).get("/tasks").text, re.DOTALL)
    assert row is not None
    assert ">Phường Phú Xuân</td>" in row[0]


def test_a_request_is_answered_not_handed_in(web: Sessions, given: Given) -> None:
    task = given.task(DEPARTMENT_HEAD, officer=OFFICER)
    asked = {"title": "Cho ý kiến", "unit": "19753", "due_at": "2036-12-01T17:00", "request_id": uuid4().hex}
    web(OFFICER).send(f"/work/{task}", do="ask", **asked)
    row = re.search(
        rf'<tr id="task-request/{asked["request_id"]}".*?</tr>', web(WARD_HEAD).get("/tasks").text, re.DOTALL
    )
    assert row is not None
    assert 'name="do" value="answer"' in row[0]


def test_work_that_nobody_holds_is_taken_once(web: Sessions, given: Given) -> None:
    task = given.task(DEPARTMENT_HEAD)
    assert f'value="{task}"' in section(web(OFFICER).get("/tasks").text, "free")
    assert f'value="{task}"' not in section(web(WARD_OFFICER).get("/tasks").text, "free")
    assert web(WARD_OFFICER).send("/tasks/take", work_id=task).status_code == 422
    answer = web(OFFICER).send("/tasks/take", work_id=task)
    assert (answer.status_code, answer.headers["location"]) == (303, "/tasks?done=take")
    assert given.work(task).officer_id == given.officer_id(OFFICER)
    assert f"/work/{task}" in section(web(OFFICER).get("/tasks").text, "open")


def test_work_that_someone_else_has_taken_meanwhile_is_refused_in_words(web: Sessions, given: Given) -> None:
    task = given.task(DEPARTMENT_HEAD, officer=DEPARTMENT_HEAD, unit_id="SNV")
    answer = web(OFFICER).send("/tasks/take", work_id=task)
    assert answer.status_code == 422
    assert 'class="problem" role="alert"' in answer.text


def test_taking_what_does_not_exist_is_refused(web: Sessions) -> None:
    assert web(OFFICER).send("/tasks/take", work_id="task/none").status_code == 422


@pytest.mark.parametrize("path", ["/tasks/take", "/tasks/initiatives", "/tasks/products"])
def test_forms_without_the_secret_of_the_session_do_nothing(web: Sessions, path: str) -> None:
    fields = {"work_id": "x", "title": "Không có mã", "name": "Không có mã", "description": "x"}
    assert web(OFFICER).client.post(path, data=fields).status_code == 403
    assert "Không có mã" not in web(OFFICER).get("/tasks").text


def test_an_initiative_is_proposed_with_a_colleague_once(web: Sessions) -> None:
    page = web(OFFICER).get("/tasks").text
    colleagues = re.search(r'<datalist id="colleagues"><option value="([^"]+)">', page)
    assert colleagues is not None
    form = {"id": uuid4().hex, "title": "Gộp hai biểu mẫu", "others": [unescape(colleagues[1]), "", "", ""]}
    for _ in range(2):
        answer = web(OFFICER).send("/tasks/initiatives", **form)
        assert (answer.status_code, answer.headers["location"]) == (303, "/tasks?done=initiative-proposed")
    assert web(OFFICER).get("/tasks").text.count("<strong>Gộp hai biểu mẫu</strong>") == 1
    assert "Gộp hai biểu mẫu" not in web(WARD_OFFICER).get("/tasks").text


def test_an_initiative_with_an_unknown_author_keeps_what_was_typed(web: Sessions) -> None:
    form = {"id": "again", "title": "Số hóa sổ tay", "others": ["Không Ai (HUE-99999)"]}
    answer = web(OFFICER).send("/tasks/initiatives", **form)
    assert answer.status_code == 422
    assert ">Số hóa sổ tay</textarea>" in answer.text
    assert 'value="Không Ai (HUE-99999)"' in answer.text
    assert 'name="id" value="again"' in answer.text
    assert "Không có cán bộ này" in answer.text


def test_a_product_is_proposed_and_stands_with_its_state(web: Sessions) -> None:
    form = {"id": uuid4().hex, "name": "Trực đường dây nóng", "description": "Ghi và chuyển phản ánh"}
    for _ in range(2):
        assert web(OFFICER).send("/tasks/products", **form).status_code == 303
    page = section(web(OFFICER).get("/tasks").text, "proposals")
    assert page.count("Trực đường dây nóng") == 1
    assert "đã đề xuất" in page


def test_a_product_without_a_description_is_refused_at_its_field(web: Sessions) -> None:
    answer = web(OFFICER).send("/tasks/products", name="Việc chưa mô tả", description=" ")
    assert answer.status_code == 422
    assert 'value="Việc chưa mô tả"' in answer.text
    assert 'id="product-description-error"' in answer.text


def test_an_account_without_an_officer_has_no_tasks(city: RunningCity, doors: Doors) -> None:
    account = organization_rpc.Account(
        username="only.evaluator", password=PASSWORD, roles=[resources_pb2.ROLE_EVALUATOR]
    )
    doors.organization.PutAccounts(organization_rpc.PutAccountsRequest(accounts=[account]))
    web = Web(city.portal)
    web.sign_in("only.evaluator")
    for path in ("/tasks", "/parts/tasks", "/parts/tasks/free"):
        assert web.get(path).status_code == 404
    assert web.send("/tasks/initiatives", title="x").status_code == 404
