using CleanRoom.Records.V1;
using Google.Protobuf;

namespace CleanRoom.Records;

/// <summary>The plaintext of one part of a batch: which record, which version, which of the two payloads. What parses re-encodes to the same bytes.</summary>
public static class SealedPartCodec
{
    /// <summary>Largest plaintext, in bytes.</summary>
    public const int MaxSize = CaseRecordCodec.MaxSize + 64;

    /// <summary>Gives the bytes of one payload of a record.</summary>
    /// <param name="kind">Identity or analytic.</param>
    /// <param name="payload">The payload, with record id and version set.</param>
    /// <exception cref="ArgumentException">The payload has no id or version, is too large, or the kind is unused.</exception>
    public static byte[] Serialize(PartKind kind, CaseRecord payload)
    {
        ArgumentNullException.ThrowIfNull(payload);
        if (kind is not (PartKind.Identity or PartKind.Analytic) || payload.RecordId.Length != 16 || payload.RecordVersion == 0)
        {
            throw new ArgumentException("A part needs a kind, a record id and a version.", nameof(payload));
        }

        return new SealedPart
        {
            RecordId = payload.RecordId,
            Version = payload.RecordVersion,
            Kind = kind,
            Payload = UnsafeByteOperations.UnsafeWrap(CaseRecordCodec.Serialize(payload)),
        }.ToByteArray();
    }

    /// <summary>Reads a part strictly.</summary>
    /// <param name="bytes">The plaintext without padding.</param>
    /// <param name="kind">The kind that stands at this index of the batch.</param>
    /// <param name="payload">The payload; null if the part is unused.</param>
    /// <returns>False for anything that <see cref="Serialize"/> would not have written, or another kind.</returns>
    public static bool TryParse(ReadOnlySpan<byte> bytes, PartKind kind, out CaseRecord? payload)
    {
        payload = null;
        if (bytes.IsEmpty)
        {
            return true;
        }

        if (bytes.Length > MaxSize)
        {
            return false;
        }

        SealedPart part;
        try
        {
            part = SealedPart.Parser.WithDiscardUnknownFields(true).ParseFrom(bytes);
        }
        catch (InvalidProtocolBufferException)
        {
            return false;
        }

        if (part.Kind != kind || kind == PartKind.Unused || part.Version == 0 || !part.ToByteArray().AsSpan().SequenceEqual(bytes)
            || !CaseRecordCodec.TryParse(part.Payload.Span, out var record)
            || !record.RecordId.Equals(part.RecordId) || record.RecordVersion != part.Version)
        {
            return false;
        }

        payload = record;
        return true;
    }
}
