using CleanRoom.Records.V1;

namespace CleanRoom.Client.Uploads;

/// <summary>A record that is going to be sealed, with its id and version set.</summary>
/// <param name="Reference">The contributor's own reference.</param>
/// <param name="RecordId">Its id.</param>
/// <param name="Version">Its version.</param>
/// <param name="Content">Digest of the content, for the record map.</param>
/// <param name="Identity">The identity payload; null if consent does not cover it.</param>
/// <param name="Analytic">The analytic payload; null if consent does not cover it.</param>
internal sealed record SealItem(string Reference, Guid RecordId, int Version, string Content, CaseRecord? Identity, CaseRecord? Analytic)
{
    /// <summary>Days since 1970-01-01 until which it may stay; 0 = the file does not say.</summary>
    public int DeleteByDay => Math.Max(Identity?.Retention?.DeleteByDay ?? 0, Analytic?.Retention?.DeleteByDay ?? 0);
}
