using CleanRoom.Records.V1;
using Google.Protobuf;

namespace CleanRoom.Records;

/// <summary>The one encoding of a case record: protobuf, fields in number order, no maps, no unknown fields.</summary>
/// <remarks>The same record gives the same bytes; what parses re-encodes to the same bytes.</remarks>
public static class CaseRecordCodec
{
    /// <summary>The schema that this code writes and reads.</summary>
    public const string SchemaVersion = "ccr/1";

    /// <summary>Largest serialised record, in bytes.</summary>
    public const int MaxSize = 64 * 1024;

    /// <summary>Gives the bytes of <paramref name="record"/>.</summary>
    /// <exception cref="ArgumentException">The record is larger than <see cref="MaxSize"/>.</exception>
    public static byte[] Serialize(CaseRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        if (record.CalculateSize() > MaxSize)
        {
            throw new ArgumentException($"The record is larger than {MaxSize} bytes.", nameof(record));
        }
        return record.ToByteArray();
    }

    /// <summary>Reads a record strictly; false for anything that <see cref="Serialize"/> would not have written.</summary>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out CaseRecord record)
    {
        record = new CaseRecord();
        if (bytes.IsEmpty || bytes.Length > MaxSize)
        {
            return false;
        }
        CaseRecord parsed;
        try
        {
            parsed = CaseRecord.Parser.WithDiscardUnknownFields(true).ParseFrom(bytes);
        }
        catch (InvalidProtocolBufferException)
        {
            return false;
        }
        if (parsed.SchemaVersion != SchemaVersion || parsed.RecordId.Length != 16 || !parsed.ToByteArray().AsSpan().SequenceEqual(bytes))
        {
            return false;
        }
        record = parsed;
        return true;
    }
}
