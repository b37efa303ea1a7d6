"""Typed identifiers. Each is a plain string; the types keep a stop id from being passed where a route id belongs."""

from typing import NewType

HubId = NewType("HubId", str)
CarrierId = NewType("CarrierId", str)
TenderId = NewType("TenderId", str)
VehicleId = NewType("VehicleId", str)
DriverId = NewType("DriverId", str)
OrderId = NewType("OrderId", str)
ContactId = NewType("ContactId", str)
PackageId = NewType("PackageId", str)
RouteId = NewType("RouteId", str)
StopId = NewType("StopId", str)
LocationId = NewType("LocationId", str)
CaseId = NewType("CaseId", str)
CandidateId = NewType("CandidateId", str)
DecisionId = NewType("DecisionId", str)
SnapshotId = NewType("SnapshotId", str)
InterruptId = NewType("InterruptId", str)
ModelId = NewType("ModelId", str)
ClosureId = NewType("ClosureId", str)
PolicyVersionId = NewType("PolicyVersionId", str)
