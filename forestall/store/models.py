"""Learned models: kept whole as text, at most one of a kind in force."""

from datetime import datetime

from sqlalchemy import bindparam, select, update

from forestall.domain.ids import ModelId
from forestall.domain.learning import StoredModel
from forestall.domain.vocabulary import ModelKind, ModelStatus
from forestall.errors import NotFound
from forestall.store.mappers import MODELS
from forestall.store.repository import Repository
from forestall.store.tables import models

# Asked at every step, and so made once.
_ACTIVE_ID = select(models.c.id, models.c.hash).where(
    models.c.kind == bindparam("of_kind"), models.c.status == ModelStatus.ACTIVE
)


class Models(Repository):
    def add(self, model: StoredModel) -> None:
        """Keep a model; Conflict when there is one of that id."""
        self._insert_all(models, [MODELS.values(model)])

    def find(self, model_id: ModelId) -> StoredModel | None:
        return next(iter(self._list(models.c.id == model_id)), None)

    def get(self, model_id: ModelId) -> StoredModel:
        model = self.find(model_id)
        if model is None:
            raise NotFound(f"there is no model {model_id}")
        return model

    def find_active(self, kind: ModelKind) -> StoredModel | None:
        return next(iter(self._list(models.c.kind == kind, models.c.status == ModelStatus.ACTIVE)), None)

    def find_active_id(self, kind: ModelKind) -> tuple[ModelId, str] | None:
        """Id and hash of the model in force, without its text: cheap to ask at every tick."""
        row = self._connection.execute(_ACTIVE_ID, {"of_kind": kind}).first()
        return None if row is None else (row.id, row.hash)

    def list_retired_ids(self, kind: ModelKind) -> list[ModelId]:
        """Models that were in force once, the one that came into force last at the front."""
        query = select(models.c.id).where(models.c.kind == kind, models.c.status == ModelStatus.RETIRED)
        return list(self._connection.scalars(query.order_by(models.c.decided_at.desc(), models.c.id)))

    def list_all(self, kind: ModelKind | None = None) -> list[StoredModel]:
        """Models, the newest first."""
        return self._list(*([] if kind is None else [models.c.kind == kind]))

    def promote(self, model: StoredModel, at: datetime, by: str, why: str) -> None:
        """Put ``model`` in force and retire the one that was. Conflict when another server was faster."""
        retired = update(models).where(models.c.kind == model.kind, models.c.status == ModelStatus.ACTIVE)
        self._connection.execute(retired.values(status=ModelStatus.RETIRED))
        news = {"status": ModelStatus.ACTIVE, "decided_at": at, "decided_by": by, "why": why}
        self._connection.execute(update(models).where(models.c.id == model.id).values(news))

    def _list(self, *conditions: object) -> list[StoredModel]:
        query = MODELS.select().where(*conditions).order_by(models.c.trained_at.desc(), models.c.id)  # type: ignore[arg-type]  # column conditions
        return [MODELS.from_row(row) for row in self._connection.execute(query)]
