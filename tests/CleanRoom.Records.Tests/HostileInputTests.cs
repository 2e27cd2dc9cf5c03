using System.Text;
using CleanRoom.Records.Import;
using CleanRoom.Records.Normalisation;

namespace CleanRoom.Records.Tests;

/// <summary>Files that nobody should have made: a clear answer, and no record that lies.</summary>
public sealed class HostileInputTests
{
    public static TheoryData<string, byte[], string> Refused => new()
    {
        { "10,000 columns", Encoding.UTF8.GetBytes(string.Join(',', Enumerable.Range(0, 10_000).Select(i => $"name {i}")) + "\n" + new string(',', 9_999) + "\n"), "1024 columns" },
        { "a row of 10,000 columns", Encoding.UTF8.GetBytes("name,phone\nAna,1\n" + new string(',', 10_000) + "\n"), "1024 columns" },
        { "a cell of 10 MB", Encoding.UTF8.GetBytes("name,phone\n" + new string('x', 10 << 20) + ",1\n"), "a cell is longer than 32768 characters" },
        { "UTF-8, then bytes of another encoding", [.. "name,phone\n"u8, .. Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("José,0612345678\n", 40_000))), .. "Jos"u8, 0xE9, .. ",06\n"u8], "UTF-8" },
        { "UTF-8, and a line of another encoding below it", [.. "name,phone,date of birth,nationality,passport\n"u8, .. "José,0612345678,,,\n"u8, .. "Jos"u8, 0xE9, .. ",0612345679,,,\n"u8], "mixes UTF-8" },
        { "half a character in JSON", [.. "[{\"name\":\"Ana \\ud800\",\"phone\":\"+33639980009\"}]"u8], "half a character" },
        { "UTF-16 without its second half", [0xFF, 0xFE, .. Encoding.Unicode.GetBytes("name,phone\nAna,1\n"), 0x41, 0x00, 0x00, 0xD8], "UTF" },
    };

    [Theory, MemberData(nameof(Refused))]
    public async Task ImportAsync_FileBeyondItsLimits_IsRefusedWithOneSentence(string what, byte[] file, string expected)
    {
        var error = await Assert.ThrowsAsync<ImportException>(() => Import(file));

        Assert.True(error.Message.Contains(expected, StringComparison.Ordinal) && error.Message.Length < 300, $"{what}: {error.Message}");
    }

    [Theory]
    [InlineData("0000-00-00")]
    [InlineData("0000-01-01")]
    [InlineData("0001-01-01")]
    [InlineData("9999-12-31")]
    [InlineData("99999-01-01")]
    [InlineData("-500")]
    [InlineData("31/02/1990")]
    [InlineData("00/00/0000")]
    [InlineData("9999999999999999999")]
    public async Task ImportAsync_DateThatCannotBe_IsReportedAndNotGuessed(string cell)
    {
        var result = await Import(Encoding.UTF8.GetBytes($"name,date of birth,phone,date seen\nAna Ruiz,{cell},+33639980009,{cell}\n"));

        Assert.Null(result.Rows.Single().Record.Persons[0].Birth);
        Assert.Contains(result.Report.Issues, i => i.Code == "unread-date" && i.Column == "date of birth" && i.Row == 2 && i.Remedy.Length > 0);
    }

    [Fact]
    public async Task ImportAsync_TextThatTurnsItsDirection_IsReadWithoutItAndNamed()
    {
        var result = await Import(Encoding.UTF8.GetBytes("name,phone\nAna \u202Eziur\u202C Ruiz,\u2066+33 6 39 98 00 09\u2069\n"));

        var victim = result.Rows.Single().Record.Persons[0];
        Assert.Equal("Ana ziur Ruiz", victim.Names.Single().Full);
        Assert.Equal("+33639980009", victim.Identifiers.Single().Value);
        Assert.Equal(2, result.Report.Counts["hidden-characters"]);
        Assert.Empty(Validation.CaseRecordValidator.Validate(result.Rows[0].Record));
    }

    [Theory]
    [InlineData("Аnа Ruiz")]
    [InlineData("Ana Ruіz")]
    [InlineData("Τom Ruiz")]
    public async Task ImportAsync_LettersOfAnotherAlphabetInAWord_AreNamed(string name)
    {
        var result = await Import(Encoding.UTF8.GetBytes($"name,phone\n{name},+33639980009\n"));

        Assert.Equal(1, result.Report.Counts["mixed-alphabets"]);
        Assert.Equal(name, string.Join(' ', result.Rows.Single().Record.Persons[0].Names.Select(n => n.Full)));
    }

    [Theory]
    [InlineData("Анна Ruiz")]
    [InlineData("Ana Ruiz / Анна Руис")]
    [InlineData("สมชาย Somchai")]
    public void MixesAlphabets_NameInTwoScripts_IsNoMixture(string name) => Assert.False(Text.MixesAlphabets(name));

    [Fact]
    public async Task ImportAsync_HalfCharactersAndFormulas_AreTextAndNothingElse()
    {
        var result = await Import([.. "name,phone,occupation\n=cmd|' /C calc'!A0,+33639980009,'=1+1\n"u8]);

        var record = result.Rows.Single().Record;
        Assert.Equal("=1+1", record.Persons[0].Occupation);
        Assert.True(CaseRecordCodec.TryParse(CaseRecordCodec.Serialize(record), out var again) && again.Equals(record));
    }

    [Theory]
    [InlineData("=IF(1,\"ok police\")")]
    [InlineData("ok \u202Eon\u202C ngo")]
    public async Task ImportAsync_ConsentCellThatDoesNotShowWhatItHolds_GrantsNothingAndAsks(string cell)
    {
        var result = await Import(Encoding.UTF8.GetBytes($"name;phone;consent\nAna Ruiz;+33639980009;{cell}\n"));

        Assert.Empty(ConsentRules.LivePurposes(result.Rows.Single().Record, SampleRoom.Today));
        Assert.Contains(result.Report.Issues, i => i.Code == "unclear-consent" && i.Severity == IssueSeverity.Question);
    }

    [Fact]
    public async Task ImportAsync_MemberThatStandsTwiceInAnObject_LosesNeitherValue()
    {
        var result = await Import("[{\"name\":\"Ana Ruiz\",\"phone\":\"+33639980009\",\"phone\":\"+33639980008\"}]"u8.ToArray());

        Assert.Equal(["+33639980009", "+33639980008"], result.Rows.Single().Record.Persons[0].Identifiers.Select(i => i.Value));
    }

    /// <summary>A smaller one of the 1 GB that "make bench" reads: what is kept of a row does not grow with the file.</summary>
    [Fact]
    public async Task RowsAsync_LongFile_KeepsMemoryFlat()
    {
        using var stream = new MadeTable("name,date of birth,nationality,phone,note\n", 40_000, row => $"Person {row},1990-05-{(row % 28) + 1:00},FR,+3363998{row % 10_000:0000},{new string('x', 600)}\n");
        await using var session = await CaseImporter.OpenAsync(stream, SampleRoom.Options("x", new DatasetManifest { Jurisdiction = ["FRA"] }), TestContext.Current.CancellationToken);
        long early = 0, late = 0;
        var rows = 0;
        await foreach (var row in session.RowsAsync(TestContext.Current.CancellationToken))
        {
            rows = row.RowNumber;
            if (rows is 10_000 or 40_000)
            {
                (early, late) = (late, GC.GetTotalMemory(forceFullCollection: true));
            }
        }

        Assert.Equal(40_000, rows);
        // Hashes of 30,000 more rows, in tables that double.
        Assert.InRange(late - early, long.MinValue, 12L << 20);
    }

    private static async Task<ImportResult> Import(byte[] file)
    {
        using var stream = new MemoryStream(file);
        return await CaseImporter.ImportAsync(stream, SampleRoom.Options("x", new DatasetManifest { Jurisdiction = ["FRA"] }), TestContext.Current.CancellationToken);
    }
}
