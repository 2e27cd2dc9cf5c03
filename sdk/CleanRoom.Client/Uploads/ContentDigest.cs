using CleanRoom.Cryptography;
using CleanRoom.Records.Import;
using CleanRoom.Records.V1;
using Google.Protobuf;

namespace CleanRoom.Client.Uploads;

/// <summary>
/// Digest of what a row says, to see whether it has changed since it was uploaded. What the import fills in by its own date or at random is left out: the same
/// file gives the same digest tomorrow.
/// </summary>
internal static class ContentDigest
{
    public static string Of(CaseRecord record, SealDecision seal)
    {
        var copy = record.Clone();
        copy.RecordId = ByteString.Empty;
        copy.RecordVersion = 0;
        copy.Supersedes = ByteString.Empty;
        copy.ManifestRef = "";
        foreach (var consent in copy.Consents)
        {
            consent.ObtainedDay = consent.DefaultedObtained ? 0 : consent.ObtainedDay;
            consent.ExpiresDay = consent.DefaultedExpiry ? 0 : consent.ExpiresDay;
        }

        if (copy.Retention is { } retention)
        {
            retention.DeleteByDay = 0;
        }

        return StrictBase64.EncodeUrl(Digest.Of([.. copy.ToByteArray(), seal.Identity ? (byte)1 : (byte)0, seal.Analytic ? (byte)1 : (byte)0]).Span);
    }
}
