using System.IO.Compression;
using System.Security;
using System.Text;

namespace CleanRoom.Records.Tests;

/// <summary>Writes small workbooks the way spreadsheet programs do.</summary>
internal sealed class WorkbookFile
{
    private const string Main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    private const string Relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    private readonly List<(string Name, string State, string Xml)> _sheets = [];

    /// <summary>Cell XML of a text.</summary>
    public static string Text(string text) => $"<c t=\"inlineStr\"><is><t xml:space=\"preserve\">{SecurityElement.Escape(text)}</t></is></c>";

    /// <summary>Cell XML of a number.</summary>
    public static string Number(string number, int style = 0) => $"<c s=\"{style}\"><v>{number}</v></c>";

    public WorkbookFile Sheet(string name, IEnumerable<string[]> rows, string state = "visible", string[]? merged = null)
    {
        var xml = new StringBuilder($"<?xml version=\"1.0\"?><worksheet xmlns=\"{Main}\"><sheetData>");
        foreach (var row in rows)
        {
            xml.Append("<row>").AppendJoin("", row).Append("</row>");
        }
        xml.Append("</sheetData>");
        if (merged is not null)
        {
            xml.Append("<mergeCells>").AppendJoin("", merged.Select(m => $"<mergeCell ref=\"{m}\"/>")).Append("</mergeCells>");
        }
        _sheets.Add((name, state, xml.Append("</worksheet>").ToString()));
        return this;
    }

    /// <summary>The file. Cell formats: 0 general, 1 short date (14), 2 own format d mmm yyyy, 3 own format 0.00E+00.</summary>
    public byte[] ToArray(Action<ZipArchive>? more = null)
    {
        using var stream = new MemoryStream();
        using (var archive = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            Add(archive, "xl/workbook.xml", $"<workbook xmlns=\"{Main}\" xmlns:r=\"{Relations}\"><sheets>"
                + string.Concat(_sheets.Select((s, i) => $"<sheet name=\"{s.Name}\" sheetId=\"{i + 1}\" state=\"{s.State}\" r:id=\"rId{i + 1}\"/>")) + "</sheets></workbook>");
            Add(archive, "xl/_rels/workbook.xml.rels", "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">"
                + string.Concat(_sheets.Select((_, i) => $"<Relationship Id=\"rId{i + 1}\" Target=\"worksheets/sheet{i + 1}.xml\"/>")) + "</Relationships>");
            Add(archive, "xl/styles.xml", $"<styleSheet xmlns=\"{Main}\"><numFmts><numFmt numFmtId=\"164\" formatCode=\"d\\ mmm\\ yyyy\"/><numFmt numFmtId=\"165\" formatCode=\"0.00E+00\"/></numFmts>"
                + "<cellStyleXfs><xf numFmtId=\"14\"/></cellStyleXfs><cellXfs><xf numFmtId=\"0\"/><xf numFmtId=\"14\"/><xf numFmtId=\"164\"/><xf numFmtId=\"165\"/></cellXfs></styleSheet>");
            for (var i = 0; i < _sheets.Count; i++)
            {
                Add(archive, $"xl/worksheets/sheet{i + 1}.xml", _sheets[i].Xml);
            }
            more?.Invoke(archive);
        }
        return stream.ToArray();
    }

    public static void Add(ZipArchive archive, string name, string content)
    {
        using var writer = new StreamWriter(archive.CreateEntry(name, CompressionLevel.Fastest).Open());
        writer.Write(content);
    }
}
