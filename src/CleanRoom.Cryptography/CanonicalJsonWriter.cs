using System.Buffers;
using System.Globalization;
using System.Numerics;
using System.Text;

namespace CleanRoom.Cryptography;

/// <summary>Writes canonical JSON (RFC 8785 §3.2) into one growing buffer; members are sorted in place when their object ends.</summary>
internal sealed class CanonicalJsonWriter(int capacity)
{
    private byte[] _buffer = new byte[Math.Max(64, capacity)];
    private int _length;

    public byte[] ToArray() => _buffer.AsSpan(0, _length).ToArray();

    public void WriteRaw(byte value) => Reserve(1)[0] = value;

    public void WriteRaw(ReadOnlySpan<byte> bytes) => bytes.CopyTo(Reserve(bytes.Length));

    public Members BeginObject() => new(this);

    /// <summary>RFC 8785 §3.2.2.2. False for a lone surrogate.</summary>
    public bool TryWriteString(ReadOnlySpan<char> text)
    {
        WriteRaw((byte)'"');
        while (!text.IsEmpty)
        {
            if (Rune.DecodeFromUtf16(text, out var rune, out var consumed) != OperationStatus.Done)
            {
                return false;
            }

            text = text[consumed..];
            WriteRune(rune);
        }

        WriteRaw((byte)'"');
        return true;
    }

    /// <summary>RFC 8785 §3.2.2.3. False if a double cannot hold the number: infinite, or an integer with lost digits.</summary>
    public bool TryWriteNumber(ReadOnlySpan<byte> literal)
    {
        var text = Encoding.ASCII.GetString(literal);
        if (!double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) || !double.IsFinite(number))
        {
            return false;
        }

        // A number with 15 digits or fewer is exact. Longer integers are compared, not rounded behind the author's back.
        if (text.Length > 15 && !text.AsSpan().ContainsAny('.', 'e', 'E')
            && (text.Length > 400 || BigInteger.Parse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture) != new BigInteger(number)))
        {
            return false;
        }

        WriteRaw(Encoding.ASCII.GetBytes(EcmaScriptNumber.ToString(number)));
        return true;
    }

    private void WriteRune(Rune rune)
    {
        ReadOnlySpan<byte> shortEscape = rune.Value switch
        {
            '"' => "\\\""u8,
            '\\' => "\\\\"u8,
            '\b' => "\\b"u8,
            '\f' => "\\f"u8,
            '\n' => "\\n"u8,
            '\r' => "\\r"u8,
            '\t' => "\\t"u8,
            _ => default,
        };
        if (!shortEscape.IsEmpty)
        {
            WriteRaw(shortEscape);
        }
        else if (rune.Value < 0x20)
        {
            WriteRaw("\\u00"u8);
            WriteRaw((byte)(rune.Value < 0x10 ? '0' : '1'));
            WriteRaw("0123456789abcdef"u8[rune.Value & 0xf]);
        }
        else
        {
            rune.EncodeToUtf8(Reserve(rune.Utf8SequenceLength));
        }
    }

    private Span<byte> Reserve(int count)
    {
        if (_buffer.Length - _length < count)
        {
            Array.Resize(ref _buffer, Math.Max(checked(_length + count), (int)Math.Min(Array.MaxLength, _buffer.Length * 2L)));
        }

        _length += count;
        return _buffer.AsSpan(_length - count, count);
    }

    /// <summary>The members of one object: where each stands in the buffer.</summary>
    internal sealed class Members
    {
        private readonly CanonicalJsonWriter _writer;
        private readonly int _begin;
        private readonly List<(string Name, int Start)> _members = [];

        public Members(CanonicalJsonWriter writer)
        {
            _writer = writer;
            writer.WriteRaw((byte)'{');
            _begin = writer._length;
        }

        /// <summary>Writes the name; the value follows. A comma is put before every member and mended at the end.</summary>
        public bool TryBeginMember(string name)
        {
            _members.Add((name, _writer._length));
            if (!_writer.TryWriteString(name))
            {
                return false;
            }

            _writer.WriteRaw((byte)':');
            return true;
        }

        /// <summary>Sorts by UTF-16 code units (RFC 8785 §3.2.3) and closes the object. False if a name stands twice.</summary>
        public bool TryEnd()
        {
            var end = _writer._length;
            var spans = _members
                .Select((member, i) => (member.Name, member.Start, End: i + 1 < _members.Count ? _members[i + 1].Start : end))
                .ToArray();
            Array.Sort(spans, (a, b) => string.CompareOrdinal(a.Name, b.Name));
            for (var i = 1; i < spans.Length; i++)
            {
                if (string.Equals(spans[i - 1].Name, spans[i].Name, StringComparison.Ordinal))
                {
                    return false;
                }
            }

            var content = _writer._buffer.AsSpan(_begin, end - _begin).ToArray();
            _writer._length = _begin;
            for (var i = 0; i < spans.Length; i++)
            {
                if (i > 0)
                {
                    _writer.WriteRaw((byte)',');
                }

                _writer.WriteRaw(content.AsSpan(spans[i].Start - _begin, spans[i].End - spans[i].Start));
            }

            _writer.WriteRaw((byte)'}');
            return true;
        }
    }
}
