"""``forestall db``: the database's tables."""


def migrate() -> None:
    """Bring the configured database's tables up to date; safe to run again."""
    from forestall.cli.parts import open_store, read_settings
    from forestall.cli.show_settings import masked_url

    settings = read_settings()
    with open_store(settings):
        print(f"up to date: {masked_url(settings.resolved_database_url)}")
