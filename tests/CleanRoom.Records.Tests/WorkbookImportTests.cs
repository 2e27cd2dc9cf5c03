using System.IO.Compression;
using System.Text;
using CleanRoom.Records.Import;
using CleanRoom.Records.V1;

namespace CleanRoom.Records.Tests;

public sealed class WorkbookImportTests
{
    private static readonly string[] Header = [.. ((string[])["Case no", "Name", "DOB", "Phone", "Nationality", "Boss", "Boss tel", "Consent"]).Select(WorkbookFile.Text)];

    private static string[] Row(string reference, string name, string birth, string phone, string boss = "", string bossPhone = "", string consent = "ok all") =>
        [T(reference), T(name), birth, phone, T("KE"), T(boss), T(bossPhone), T(consent)];

    [Fact]
    public async Task ImportAsync_Workbook_ReadsDatesNumbersAndTextOfTheListAmongItsSheets()
    {
        var file = new WorkbookFile()
            .Sheet("Read me", [[T("How to fill in this list")]])
            .Sheet("Old", [Header, Row("X-1", "Hidden Person", N("1"), N("1"))], state: "hidden")
            .Sheet("List", [[T("Intake 2024")], [], Header, Row("K-1", "Ana Ruiz", N("35886", 1), N("254700000123")), Row("K-2", "Eva Gil", N("35886.5", 2), N("2.547E+11", 3)), [T(""), T("Total: 2")]])
            .ToArray();

        var result = await Import(file);

        Assert.Equal(["K-1", "K-2"], result.Rows.Select(r => r.Record.ContributorRecordRef));
        Assert.All(result.Rows, r => Assert.Equal("1998-04-01", r.Record.Persons[0].Birth.Edtf));
        Assert.Equal("+254700000123", result.Rows[0].Record.Persons[0].Identifiers.Single().Value);
        Assert.Equal("sheet 3", result.Report.Separator);
    }

    [Fact]
    public async Task ImportAsync_CaseOverMergedRows_IsOneRecordWithBothSuspects()
    {
        string[] second = [T(""), T(""), T(""), T("+254700000125"), T(""), T("Mr Two"), T("+971500000302"), T("")];
        var file = new WorkbookFile().Sheet("List", [Header, Row("K-1", "Ana Ruiz", T("1998-04-01"), T("+254700000123"), "Mr One", "+971500000301"), second, Row("K-2", "Eva Gil", T("1999"), T(""))], merged: ["A2:A3", "B2:B3", "H2:H3"]).ToArray();

        var result = await Import(file);

        Assert.Equal(2, result.Rows.Count);
        var record = result.Rows[0].Record;
        Assert.Equal(["+254700000123", "+254700000125"], Victim(record).Identifiers.Select(i => i.Value));
        Assert.Equal(["Mr One +971500000301", "Mr Two +971500000302"], record.Persons.Where(p => p.Role == "Suspect").Select(p => $"{p.Names[0].Full} {p.Identifiers[0].Value}"));
        Assert.Equal(1, result.Report.ContinuedLines);
        Assert.True(result.Rows[0].Seal.Identity);
    }

    [Fact]
    public async Task ImportAsync_PlaceMergedOverSeveralCases_StandsInEachOfThem()
    {
        string[] header = [.. Header, T("Where")];
        var file = new WorkbookFile().Sheet("List", [header, [.. Row("K-1", "Ana Ruiz", T("1998"), T("")), T("Villa 5, Ajman")], [.. Row("K-2", "Eva Gil", T("1999"), T("")), T("")], [.. Row("K-3", "Ida Lom", T("1997"), T("")), T("")]], merged: ["I2:I3"]).ToArray();

        var result = await Import(file);

        Assert.Equal([true, true, false], result.Rows.Select(r => r.Record.Events.Any(e => e.Place.Raw.Contains("Villa 5", StringComparison.Ordinal))));
    }

    [Fact]
    public async Task ImportAsync_FormulaCells_AreReadBySavedValueAndNeverComputed()
    {
        var cells = Row("K-1", "", T("1998"), T(""));
        cells[1] = "<c t=\"str\"><f>CONCATENATE(\"An\",\"a\")</f><v>Ana Ruiz</v></c>";
        cells[3] = "<c><f>HYPERLINK(\"http://example.org\",\"+254700000123\")</f></c>";
        cells[5] = "<c t=\"e\"><v>#REF!</v></c>";
        var result = await Import(new WorkbookFile().Sheet("List", [Header, cells]).ToArray());

        Assert.Equal("Ana Ruiz", Victim(result.Rows[0].Record).Names[0].Full);
        Assert.Empty(Victim(result.Rows[0].Record).Identifiers);
        Assert.Equal(1, result.Report.Counts["formula-errors"]);
    }

    public static TheoryData<string, byte[], string> Hostile => new()
    {
        { "a bomb of rows", Bomb("<row/>", "<worksheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><sheetData><row>" + string.Concat(Header) + "</row>"), "unpacks" },
        { "a bomb of one text", Bomb("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "<worksheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><sheetData><row><c t=\"inlineStr\"><is><t>"), "unpacks" },
        { "entities", WithSheet("<!DOCTYPE x [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;&a;&a;\">]><worksheet><sheetData><row><c><v>&b;</v></c></row></sheetData></worksheet>"), "damaged" },
        { "an outside entity", WithSheet("<!DOCTYPE x SYSTEM \"file:///etc/passwd\"><worksheet/>"), "damaged" },
        { "no XML", WithSheet("not xml at all"), "damaged" },
        { "a column too far", WithSheet($"<worksheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><sheetData><row><c r=\"XFD1\" t=\"inlineStr\"><is><t>x</t></is></c></row></sheetData></worksheet>"), "columns" },
        { "old format", [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1, .. new byte[600]], ".xlsx without a password" },
        { "other archive", Zip(a => WorkbookFile.Add(a, "list.csv", "name,phone\n")), "no workbook" },
        { "OpenDocument", Zip(a => WorkbookFile.Add(a, "content.xml", "<x/>")), "OpenDocument" },
        { "a PDF", "%PDF-1.7 ..."u8.ToArray(), "PDF" },
        { "only hidden sheets", new WorkbookFile().Sheet("x", [Header], state: "veryHidden").ToArray(), "visible" },
    };

    [Theory, MemberData(nameof(Hostile))]
    public async Task ImportAsync_HostileWorkbook_GivesOneClearSentence(string what, byte[] file, string expected)
    {
        var error = await Assert.ThrowsAsync<ImportException>(() => Import(file));

        Assert.True(error.Message.Contains(expected, StringComparison.Ordinal), $"{what}: {error.Message}");
    }

    [Fact]
    public async Task ImportAsync_EveryTruncationAndManyFlippedBytes_ThrowNothingButTheImportError()
    {
        var good = new WorkbookFile().Sheet("List", [Header, Row("K-1", "Ana Ruiz", N("35886", 1), T("+254700000123"))], merged: ["A1:A2"]).ToArray();
        for (var i = 0; i < good.Length; i += 7)
        {
            var flipped = (byte[])good.Clone();
            flipped[i] ^= 0x55;
            foreach (var bytes in new[] { good[..i], flipped })
            {
                try
                {
                    _ = await Import(bytes);
                }
                catch (ImportException)
                {
                    // The one error that a bad file may give.
                }
            }
        }
    }

    [Fact]
    public async Task ImportAsync_SeveralLists_AsksForTheOthers()
    {
        var file = new WorkbookFile().Sheet("2023", [Header, Row("K-1", "Ana Ruiz", T("1998"), T(""))]).Sheet("2024", [Header, Row("K-2", "Eva Gil", T("1999"), T(""))]).ToArray();

        var first = await Import(file);
        var second = await Import(file, sheet: "2024");

        Assert.Equal("K-1", first.Rows.Single().Record.ContributorRecordRef);
        Assert.Equal(1, first.Report.Counts["other-sheets"]);
        Assert.Equal("K-2", second.Rows.Single().Record.ContributorRecordRef);
    }

    [Fact]
    public async Task ImportAsync_CsvLinesWithoutNumber_GoOnWithTheCaseAbove()
    {
        var table = "No,Name,Nationality,Phone,Boss,Boss tel,Consent\n1,Ana Ruiz,KE,+254700000123,Mr One,+971500000301,ok all\n,,,,Mr Two,+971500000302,\n2,Eva Gil,KE,,,,ok all\n,Ida Lom,KE,,,,ok all\n";

        var result = await Import(Encoding.UTF8.GetBytes(table));

        Assert.Equal([3, 1, 1], result.Rows.Select(r => r.Record.Persons.Count));
    }

    private static Person Victim(CaseRecord record) => record.Persons.Single(p => p.Role == "Victim");

    private static string T(string text) => WorkbookFile.Text(text);

    private static string N(string number, int style = 0) => WorkbookFile.Number(number, style);

    private static byte[] Zip(Action<ZipArchive> fill)
    {
        using var stream = new MemoryStream();
        using (var archive = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            fill(archive);
        }
        return stream.ToArray();
    }

    private static byte[] WithSheet(string xml) => Zip(a => Book(a, w => w.Write(xml)));

    // 100 MiB that pack into a tenth of a MiB.
    private static byte[] Bomb(string part, string head) => Zip(a => Book(a, w =>
    {
        w.Write(head);
        var block = string.Concat(Enumerable.Repeat(part, 4096));
        for (long written = 0; written < 100L << 20; written += block.Length)
        {
            w.Write(block);
        }
    }));

    private static void Book(ZipArchive archive, Action<StreamWriter> sheet)
    {
        WorkbookFile.Add(archive, "xl/workbook.xml", "<workbook xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\" xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\"><sheets><sheet name=\"a\" sheetId=\"1\" r:id=\"r1\"/></sheets></workbook>");
        WorkbookFile.Add(archive, "xl/_rels/workbook.xml.rels", "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship Id=\"r1\" Target=\"worksheets/sheet1.xml\"/></Relationships>");
        using var writer = new StreamWriter(archive.CreateEntry("xl/worksheets/sheet1.xml", CompressionLevel.Optimal).Open());
        sheet(writer);
    }

    private static async Task<ImportResult> Import(byte[] bytes, string? sheet = null) =>
        await CaseImporter.ImportAsync(new MemoryStream(bytes), SampleRoom.Options("k", new DatasetManifest(), "Case no") with { Sheet = sheet }, TestContext.Current.CancellationToken);
}
