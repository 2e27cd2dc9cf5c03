using System.Text.Json.Nodes;
using CleanRoom.Evidence;
using CleanRoom.Evidence.Simulation;

namespace CleanRoom.Matching.Evidence;

/// <summary>Evidence without hardware, for simulated rooms. A build with <c>-p:MeasuredBuild=true</c> has neither this file nor the provider.</summary>
internal static partial class EvidenceSetup
{
    static partial void NameSimulated(ref string? name) => name = EvidenceKinds.Simulated;

    static partial void OpenSimulated(ref IEvidenceProvider? provider) =>
        provider = new SimulatedEvidenceProvider(SimulatedMeasurement.OfFolder(AppContext.BaseDirectory));

    static partial void DescribeSimulated(JsonObject line)
    {
        line["measurement"] = SimulatedMeasurement.OfFolder(AppContext.BaseDirectory).ToString();
        line["tee"] = EvidenceKinds.Simulated;
    }
}
