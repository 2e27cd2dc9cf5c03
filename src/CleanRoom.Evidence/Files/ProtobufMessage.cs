using System.Diagnostics.CodeAnalysis;

namespace CleanRoom.Evidence.Files;

/// <summary>
/// A message in protobuf's wire format, read to its last byte: varints and length-delimited fields, numbers in their shortest form. Groups and fixed-width fields do not occur in what is read here and are refused.
/// </summary>
internal sealed class ProtobufMessage
{
    private const int MaxFields = 1024;
    private const int MaxVarint = 10;
    private const int Varint = 0;
    private const int Delimited = 2;

    private readonly List<(int Field, ulong? Number, ReadOnlyMemory<byte> Bytes)> _fields = [];

    private ProtobufMessage()
    {
    }

    /// <summary>Reads a message.</summary>
    public static bool TryParse(ReadOnlyMemory<byte> bytes, [NotNullWhen(true)] out ProtobufMessage? message)
    {
        message = new ProtobufMessage();
        while (!bytes.IsEmpty)
        {
            if (message._fields.Count == MaxFields || !TryReadNumber(ref bytes, out var tag) || tag >> 3 is 0 or > int.MaxValue || !message.TryAdd((int)(tag >> 3), (int)(tag & 7), ref bytes))
            {
                message = null;
                return false;
            }
        }

        return true;
    }

    /// <summary>Tells whether it has no other fields than these.</summary>
    public bool HasOnly(params ReadOnlySpan<int> fields)
    {
        foreach (var (field, _, _) in _fields)
        {
            if (!fields.Contains(field))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The bytes of a field that stands once; null if it stands more often, not at all, or is a number.</summary>
    public ReadOnlyMemory<byte>? Single(int field) => _fields.FindAll(item => item.Field == field) is [{ Number: null } only] ? only.Bytes : (ReadOnlyMemory<byte>?)null;

    /// <summary>The number in a field that stands at most once; 0, as protobuf has it, if it does not stand; null if it stands more often or is none.</summary>
    public ulong? Number(int field) => _fields.FindAll(item => item.Field == field) switch { [] => 0, [var only] => only.Number, _ => null };

    /// <summary>The messages in a repeated field; null if one of them is none.</summary>
    public IReadOnlyList<ProtobufMessage>? Messages(int field)
    {
        var messages = new List<ProtobufMessage>();
        foreach (var (_, number, bytes) in _fields.Where(item => item.Field == field))
        {
            if (number is not null || !TryParse(bytes, out var message))
            {
                return null;
            }

            messages.Add(message);
        }

        return messages;
    }

    private bool TryAdd(int field, int type, ref ReadOnlyMemory<byte> bytes)
    {
        if (type is not (Varint or Delimited) || !TryReadNumber(ref bytes, out var number) || (type == Delimited && number > (ulong)bytes.Length))
        {
            return false;
        }

        if (type == Varint)
        {
            _fields.Add((field, number, default));
            return true;
        }

        _fields.Add((field, null, bytes[..(int)number]));
        bytes = bytes[(int)number..];
        return true;
    }

    private static bool TryReadNumber(ref ReadOnlyMemory<byte> bytes, out ulong number)
    {
        number = 0;
        for (var index = 0; index < MaxVarint && index < bytes.Length; index++)
        {
            var part = bytes.Span[index];
            number |= (ulong)(part & 0x7F) << (7 * index);
            if (part < 0x80)
            {
                // A zero at the end is a longer form than need be; the tenth byte holds one bit.
                var shortest = (index == 0 || part != 0) && (index < MaxVarint - 1 || part == 1);
                bytes = bytes[(index + 1)..];
                return shortest;
            }
        }

        return false;
    }
}
