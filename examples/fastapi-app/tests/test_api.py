"""The routes, on a database of each test's own."""

from __future__ import annotations

from fastapi.testclient import TestClient


def test_urgent_categories_come_first(client: TestClient) -> None:
    categories = client.get("/categories").json()
    assert [category["slug"] for category in categories][:2] == ["outage", "abuse"]
    assert categories[0]["team"] == "Engineering"


def test_a_ticket_is_opened_and_found(client: TestClient) -> None:
    new = {"category": "sign-in", "subject": "Locked out", "body": "Since Monday.", "requester": "ines"}
    opened = client.post("/tickets", json=new)
    assert opened.status_code == 201
    assert client.get(f"/tickets/{opened.json()['id']}").json() == opened.json()
    assert [ticket["subject"] for ticket in client.get("/tickets").json()] == ["Locked out"]


def test_each_test_begins_without_tickets(client: TestClient) -> None:
    assert client.get("/tickets").json() == []


def test_a_category_that_is_not_there_is_refused(client: TestClient) -> None:
    new = {"category": "gardening", "subject": "Roses", "body": "They wilt.", "requester": "ines"}
    assert client.post("/tickets", json=new).status_code == 422


def test_replies_suit_their_category(client: TestClient) -> None:
    names = {reply["name"] for reply in client.get("/replies", params={"category": "refunds"}).json()}
    assert names == {"acknowledge", "ask_for_details", "closing", "refund_granted"}


def test_a_reply_that_is_switched_off_is_not_offered(client: TestClient) -> None:
    assert client.patch("/replies/closing", json={"enabled": False}).status_code == 200
    assert "closing" not in {reply["name"] for reply in client.get("/replies").json()}
    assert client.patch("/replies/greeting", json={"enabled": False}).status_code == 404
