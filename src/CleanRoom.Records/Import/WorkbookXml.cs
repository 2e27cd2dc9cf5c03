using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Xml;

namespace CleanRoom.Records.Import;

/// <summary>XML of a workbook's parts, read without entities, without outside references, and within limits.</summary>
internal static class WorkbookXml
{
    private const int MaxSmall = 16 << 20;

    /// <summary>Opens a part that is small in every honest workbook.</summary>
    public static XmlReader OpenSmall(ZipArchiveEntry entry) => Open(entry, MaxSmall);

    /// <summary>Opens a part.</summary>
    /// <param name="entry">The part.</param>
    /// <param name="most">Most characters read, 0 = no limit but that on what comes out of the compressed bytes.</param>
    public static XmlReader Open(ZipArchiveEntry entry, long most) => ExpandingStream.IsTooMuch(entry.Length, entry.CompressedLength) ? throw ExpandingStream.Refusal() : XmlReader.Create(
        new ExpandingStream(entry.Open(), entry.CompressedLength),
        new XmlReaderSettings
        {
            DtdProcessing = DtdProcessing.Prohibit,
            XmlResolver = null,
            MaxCharactersInDocument = most,
            IgnoreComments = true,
            IgnoreProcessingInstructions = true,
            CloseInput = true,
        });

    /// <summary>The text inside the element that the reader stands on, without that of phonetic hints; the reader then stands on its end.</summary>
    public static string Text(XmlReader reader)
    {
        if (reader.IsEmptyElement)
        {
            return "";
        }
        var text = new StringBuilder();
        var depth = reader.Depth;
        var chunk = new char[1024];
        var hint = int.MaxValue;
        while (reader.Read() && reader.Depth > depth)
        {
            if (reader is { NodeType: XmlNodeType.Element, LocalName: "rPh" })
            {
                hint = reader.Depth;
            }
            else if (reader.NodeType == XmlNodeType.EndElement && reader.Depth == hint)
            {
                hint = int.MaxValue;
            }
            else if (reader.NodeType is XmlNodeType.Text or XmlNodeType.CDATA or XmlNodeType.SignificantWhitespace or XmlNodeType.Whitespace && reader.Depth <= hint)
            {
                for (int read; (read = reader.ReadValueChunk(chunk, 0, chunk.Length)) > 0;)
                {
                    if (text.Length + read > TableReader.MaxCell)
                    {
                        throw new ImportException($"A cell is longer than {TableReader.MaxCell} characters; shorten it.");
                    }
                    _ = text.Append(chunk, 0, read);
                }
            }
        }
        return text.ToString();
    }

    /// <summary>Stops when far more comes out than went in: no list of cases repeats itself a hundred times over.</summary>
    private sealed class ExpandingStream(Stream inner, long compressed) : Stream
    {
        private const long Free = 64L << 20;
        private const long Ratio = 100;
        private long _read;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int count)
        {
            var read = inner.Read(buffer, offset, count);
            _read += read;
            return IsTooMuch(_read, compressed) ? throw Refusal() : read;
        }

        /// <summary>What a part says of its own length is judged before the first row, and what really comes out while it is read.</summary>
        public static bool IsTooMuch(long unpacked, long packed) => unpacked > Free && unpacked > packed * Ratio;

        public static ImportException Refusal() => new("The workbook unpacks to far more than a list of cases can; it was not read. Save the list alone as a new .xlsx.");

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                inner.Dispose();
            }
            base.Dispose(disposing);
        }
    }
}

/// <summary>The texts that cells of a workbook point to by number. They are all held: their total is limited.</summary>
internal sealed class SharedStrings
{
    private const long MaxTotal = 128L << 20;

    private readonly List<string> _texts = [];

    public string this[int index] => index >= 0 && index < _texts.Count ? _texts[index] : "";

    public static SharedStrings Read(ZipArchiveEntry? entry)
    {
        var strings = new SharedStrings();
        if (entry is null)
        {
            return strings;
        }
        long total = 0;
        using var reader = WorkbookXml.Open(entry, 0);
        while (reader.Read())
        {
            if (reader is { NodeType: XmlNodeType.Element, LocalName: "si" })
            {
                var text = WorkbookXml.Text(reader);
                total += text.Length + 16;
                if (total > MaxTotal)
                {
                    throw new ImportException("The workbook holds too much text to be read as .xlsx; save the sheet as \"CSV UTF-8\", which has no such limit.");
                }
                strings._texts.Add(text);
            }
        }
        return strings;
    }
}

/// <summary>Which cell formats are dates (ECMA-376 part 1, 18.8.30), and from when days are counted.</summary>
internal sealed class WorkbookStyles
{
    private readonly List<bool> _isDate = [];
    private readonly bool _from1904;

    private WorkbookStyles(bool from1904) => _from1904 = from1904;

    public static WorkbookStyles Read(ZipArchiveEntry? entry, bool from1904)
    {
        var styles = new WorkbookStyles(from1904);
        if (entry is null)
        {
            return styles;
        }
        var own = new Dictionary<int, bool>();
        var inCells = false;
        using var reader = WorkbookXml.OpenSmall(entry);
        while (reader.Read())
        {
            if (reader.LocalName == "cellXfs")
            {
                inCells = reader.NodeType == XmlNodeType.Element && !reader.IsEmptyElement;
            }
            else if (reader is { NodeType: XmlNodeType.Element, LocalName: "numFmt" } && Number(reader.GetAttribute("numFmtId")) is { } id)
            {
                own[id] = IsDateFormat(reader.GetAttribute("formatCode") ?? "");
            }
            else if (inCells && reader is { NodeType: XmlNodeType.Element, LocalName: "xf" })
            {
                var format = Number(reader.GetAttribute("numFmtId")) ?? 0;
                styles._isDate.Add(own.TryGetValue(format, out var date) ? date : format is (>= 14 and <= 17) or 22 or (>= 27 and <= 31) or 36 or (>= 50 and <= 54) or 57 or 58 or (>= 71 and <= 74) or 77);
            }
        }
        return styles;
    }

    /// <summary>Gives the text of a number: a date if its format is one, else the number without an exponent.</summary>
    public string Format(string value, int style)
    {
        if (!double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) || !double.IsFinite(number))
        {
            return "";
        }
        if (style >= 0 && style < _isDate.Count && _isDate[style] && number is >= 1 and < 2_958_466)
        {
            // The first format counts a 29 February 1900 that never was.
            var day = (int)number + (_from1904 ? 1462 : 0);
            return day == 60 ? "" : new DateOnly(1899, 12, day > 60 ? 30 : 31).AddDays(day).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        }
        return Math.Abs(number) < 7e27 ? ((decimal)number).ToString("0.##########", CultureInfo.InvariantCulture) : "";
    }

    private static bool IsDateFormat(string code)
    {
        bool quoted = false, bracketed = false, days = false;
        for (var i = 0; i < code.Length; i++)
        {
            var c = code[i];
            if (c == '\\')
            {
                i++;
            }
            else if (c == '"')
            {
                quoted = !quoted;
            }
            else if (!quoted && c is '[' or ']')
            {
                bracketed = c == '[';
            }
            else if (!quoted && !bracketed)
            {
                days |= c is 'y' or 'Y' or 'd' or 'D' or 'b' or 'B' or 'e' or 'g';
            }
        }
        // "General" and "0.00E+00" hold an e or a d in no date's sense.
        return days && !code.StartsWith("General", StringComparison.OrdinalIgnoreCase) && !code.Contains("E+", StringComparison.OrdinalIgnoreCase);
    }

    private static int? Number(string? text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
