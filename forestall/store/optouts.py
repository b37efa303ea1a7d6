"""Who has told us to stop: it is kept with the contact, and holds for its number under whatever name it comes back."""

from sqlalchemy import Connection, select, update

from forestall.store.tables import contacts


def keep_opt_outs(connection: Connection) -> None:
    """Let every contact whose number has opted out before be one that does not want messages."""
    others = contacts.alias("others")
    stopped = select(others.c.phone).where(others.c.opted_out_at.is_not(None), others.c.phone.is_not(None))
    same_person = contacts.c.opted_out_at.is_not(None) | contacts.c.phone.in_(stopped)
    connection.execute(update(contacts).where(contacts.c.accepts_sms, same_person).values(accepts_sms=False))
