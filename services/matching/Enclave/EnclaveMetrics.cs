using System.Diagnostics.Metrics;
using CleanRoom.Hosting.Telemetry;

namespace CleanRoom.Matching.Enclave;

/// <summary>Where the enclave stands, as GetStatus tells it. Nothing is measured that depends on a record: no count, no size, no time of a computation.</summary>
internal sealed class EnclaveMetrics
{
    // The factory disposes of it with the host.
    private readonly Meter _meter;

    public EnclaveMetrics(IMeterFactory meters, EnclaveStatus status, RoomOptions options)
    {
        var room = new KeyValuePair<string, object?>(TelemetryFields.Room, options.Room.ToString());
        _meter = meters.Create("CleanRoom.Matching");
        _ = _meter.CreateObservableGauge(
            "cleanroom.enclave.phase",
            () => Enum.GetValues<EnclavePhase>().Select(phase => new Measurement<int>(
                status.Current.Phase == phase ? 1 : 0, room, new KeyValuePair<string, object?>(TelemetryFields.Phase, phase.ToString()))),
            null,
            "1 for the phase in which the enclave is.");
        _ = _meter.CreateObservableGauge(
            "cleanroom.enclave.generation", () => new Measurement<long>(status.Current.Generation, room), "{generation}", "Generation of the running instance, 0 before its entry.");
        _ = _meter.CreateObservableGauge("cleanroom.enclave.position", () => new Measurement<long>(status.Current.Position, room), "{entry}", "Entries read.");
        _ = _meter.CreateObservableGauge("cleanroom.epoch.number", () => new Measurement<long>(status.Current.Epoch, room), "{epoch}", "The last epoch that ended.");
        _ = _meter.CreateObservableGauge(
            "cleanroom.epoch.evaluated_number", () => new Measurement<long>(status.Current.EvaluatedEpoch, room), "{epoch}", "The last epoch whose queries ran.");
        _ = _meter.CreateObservableGauge("cleanroom.lease.members", () => new Measurement<int>(status.Current.Keys.Length, room), "{member}", "Members whose keys are leased to this instance.");
        _ = _meter.CreateObservableGauge(
            "cleanroom.lease.earliest_end",
            () => status.Current is { Keys.Length: > 0, LeaseEnds: { } end } ? [new Measurement<long>(end.ToUnixTimeSeconds(), room)] : Array.Empty<Measurement<long>>(),
            "s",
            "When the first of the running leases ends, in Unix time.");
    }
}
