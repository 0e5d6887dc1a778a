"""Lost to settings of ours: what a trigger of the application's does when the application itself writes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.losses.life import Life

pytestmark = pytest.mark.newest_server

TRIGGERS = {
    "before": "CREATE TRIGGER note BEFORE INSERT OR UPDATE OR DELETE ON tools",
    "after": "CREATE TRIGGER note AFTER INSERT OR UPDATE OR DELETE ON tools",
    "deferred": (
        "CREATE CONSTRAINT TRIGGER note AFTER INSERT OR UPDATE OR DELETE ON tools DEFERRABLE INITIALLY DEFERRED"
    ),
}
WHEN = pytest.mark.parametrize("when", TRIGGERS)
POLICY = pytest.mark.parametrize("policy", ["delete", {"set": {"title": "gone"}}], ids=["delete", "set"])


@pytest.fixture(autouse=True)
def app(life: Life, login: Callable[..., str]) -> None:
    """The role `app`, which has its own names in a schema of its own, owns `tools`."""
    life.seeder.environment["DATABASE_URL"] = login()
    life.database.execute(f"""\
        ALTER ROLE app IN DATABASE {life.database.name} SET search_path = books, public;
        CREATE SCHEMA books AUTHORIZATION app;
        CREATE SCHEMA seeder AUTHORIZATION app;
        CREATE TABLE public.tools (name text PRIMARY KEY, title text);
        ALTER TABLE public.tools OWNER TO app;
        CREATE TABLE public.journal (said text);
        CREATE TABLE books.journal (said text);
        ALTER TABLE books.journal OWNER TO app""")


def trigger(life: Life, when: str, body: str) -> None:
    """A trigger that runs `body`, with `OLD` or `NEW` as `it`."""
    life.database.execute(f"""\
        CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE it public.tools := coalesce(NEW, OLD);
        BEGIN
            {body}
            RETURN coalesce(NEW, OLD);
        END $$;
        {TRIGGERS[when]} FOR EACH ROW EXECUTE FUNCTION note()""")


def whole_life(life: Life, policy: object) -> list[str]:
    """A row is inserted, updated and retired; what the trigger is to see of that."""
    fields = {"table": "public.tools", "retired_rows": policy}
    for title in ("first", "second"):
        life.write("tools", [{"name": "a", "title": title}], **fields)
        life.seeded()
    life.write("tools", [], **fields)
    life.seeded()
    return ["first", "second", "second" if policy == "delete" else "gone"]


def journal(life: Life, schema: str = "books") -> list[str]:
    return [said for (said,) in life.rows(f"SELECT said FROM {schema}.journal")]


@WHEN
@POLICY
def test_a_trigger_finds_the_table_that_it_does_not_qualify(life: Life, when: str, policy: object) -> None:
    trigger(life, when, "INSERT INTO journal VALUES (it.title);")
    expected = whole_life(life, policy)
    assert journal(life) == expected
    assert journal(life, "public") == []


@WHEN
@POLICY
def test_a_trigger_finds_the_function_and_the_operator_that_it_does_not_qualify(
    life: Life, when: str, policy: object
) -> None:
    life.database.execute("""\
        CREATE FUNCTION books.shouted(text) RETURNS text LANGUAGE sql AS $$ SELECT upper($1) $$;
        CREATE OPERATOR books.!!! (RIGHTARG = text, FUNCTION = books.shouted)""")
    trigger(life, when, "INSERT INTO journal VALUES (shouted(it.title) || !!! it.name);")
    expected = whole_life(life, policy)
    assert journal(life) == [f"{title.upper()}A" for title in expected]


@WHEN
@POLICY
def test_a_trigger_reads_of_a_table_under_row_security_what_the_role_may_see(
    life: Life, when: str, policy: object
) -> None:
    life.database.execute("""\
        CREATE TABLE public.limits (owner name, most text);
        INSERT INTO public.limits VALUES ('app', 'ours'), ('postgres', 'theirs');
        ALTER TABLE public.limits ENABLE ROW LEVEL SECURITY;
        CREATE POLICY own ON public.limits USING (owner = current_user);
        GRANT SELECT ON public.limits TO app""")
    trigger(life, when, "INSERT INTO journal SELECT most || ' ' || it.title FROM limits;")
    expected = whole_life(life, policy)
    assert journal(life) == [f"ours {title}" for title in expected]


@WHEN
def test_a_trigger_writes_to_a_table_under_row_security(life: Life, when: str) -> None:
    life.database.execute("""\
        ALTER TABLE books.journal ENABLE ROW LEVEL SECURITY;
        ALTER TABLE books.journal FORCE ROW LEVEL SECURITY;
        CREATE POLICY own ON books.journal USING (said <> 'hidden') WITH CHECK (said <> 'hidden')""")
    life.database.execute("INSERT INTO books.journal VALUES ('hidden')")
    trigger(life, when, "DELETE FROM journal; INSERT INTO journal VALUES (it.title);")
    life.write("tools", [{"name": "a", "title": "first"}], table="public.tools")
    life.seeded()
    assert journal(life) == ["hidden", "first"]


@WHEN
def test_a_trigger_that_refuses_what_row_security_does_not_let_it_write_fails_the_seeder(
    life: Life, when: str
) -> None:
    life.database.execute("""\
        ALTER TABLE books.journal ENABLE ROW LEVEL SECURITY;
        ALTER TABLE books.journal FORCE ROW LEVEL SECURITY;
        CREATE POLICY own ON books.journal WITH CHECK (said <> 'second')""")
    trigger(life, when, "INSERT INTO journal VALUES (it.title);")
    for title, code in (("first", 0), ("second", 1)):
        life.write("tools", [{"name": "a", "title": title}], table="public.tools")
        done = life.run()
        assert done.exit_code == code, str(done)
    assert journal(life) == ["first"]
    assert life.rows("SELECT title FROM public.tools") == [("first",)]
