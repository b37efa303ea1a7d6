"""Who has told us to stop, and to start again: it is kept with the contacts of a number, and holds for whoever has it.

A number's STOP and its START are two facts, each the latest time that it was said, so they end in the same state in
whatever order they arrive. What the plan says of a contact stays beside them.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, case, func, literal, or_, select, update

from forestall.store.tables import contacts


def has_stopped() -> ColumnElement[bool]:
    """``Contact.has_stopped`` of a row."""
    out, back_in = contacts.c.opted_out_at, contacts.c.opted_in_at
    return and_(out.is_not(None), or_(back_in.is_(None), back_in <= out))


def later_of(column: ColumnElement[Any], at: datetime) -> ColumnElement[Any]:
    """What the column holds once ``at`` is known too."""
    told = literal(at, column.type)
    return case((or_(column.is_(None), column < told), told), else_=column)


def keep_opt_outs(connection: Connection) -> None:
    """Let every contact know what was said by its number before, under whatever name."""
    others = contacts.alias("others")
    has_spoken = or_(others.c.opted_out_at.is_not(None), others.c.opted_in_at.is_not(None))
    spoken = select(others.c.phone).where(has_spoken, others.c.phone.is_not(None))
    alike = others.c.phone == contacts.c.phone
    connection.execute(
        update(contacts)
        .where(contacts.c.opted_out_at.is_(None), contacts.c.opted_in_at.is_(None), contacts.c.phone.in_(spoken))
        .values(
            opted_out_at=select(func.max(others.c.opted_out_at)).where(alike).scalar_subquery(),
            opted_in_at=select(func.max(others.c.opted_in_at)).where(alike).scalar_subquery(),
        )
    )


def is_remembered() -> ColumnElement[bool]:
    """Whether a contact that nothing names any more is kept, so that its number stays opted out: one for a number."""
    others = contacts.alias("others")
    another = select(others.c.id).where(
        others.c.phone == contacts.c.phone, others.c.opted_out_at.is_not(None), others.c.id < contacts.c.id
    )
    return and_(contacts.c.opted_out_at.is_not(None), ~another.exists())
