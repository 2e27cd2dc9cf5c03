using System.Text;
using CleanRoom.Records.Import;

namespace CleanRoom.Records.Tests;

public sealed class JsonImportTests
{
    private const string One = """{"case_no": "J-1", "name": {"given": "Ana", "family": "Ruiz"}, "dob": "1998-04-01", "nationality": "KE", "phone": ["+254700000123", "+254700000124"], "consent": "ok all"}""";
    private const string Two = """{"case_no": "J-2", "name": {"given": "Eva", "family": "Gil"}, "dob": "1999", "nationality": "KE", "trafficker": [{"name": "Mr One", "phone": "+971500000301"}, {"name": "Mr Two"}], "consent": "ok all"}""";

    [Theory]
    [InlineData("[" + One + "," + Two + "]")]
    [InlineData(One + "\n" + Two + "\n")]
    [InlineData("\uFEFF {\"records\": [" + One + "," + Two + "], \"count\": 2}")]
    public async Task ImportAsync_ObjectsInAnyWrapping_AreCases(string json)
    {
        var result = await Import(json);

        Assert.Equal(["J-1", "J-2"], result.Rows.Select(r => r.Record.ContributorRecordRef));
        Assert.Equal("Ana Ruiz", result.Rows[0].Record.Persons[0].Names[0].Full);
        Assert.Equal(2, result.Rows[0].Record.Persons[0].Identifiers.Count);
        Assert.Equal(["Mr One", "Mr Two"], result.Rows[1].Record.Persons.Where(p => p.Role == "Suspect").Select(p => p.Names[0].Full));
        Assert.All(result.Rows, r => Assert.True(r.Seal.Identity));
    }

    [Fact]
    public async Task ImportAsync_SurveyExportOfHtcds_IsReadByItsQuestions()
    {
        var json = """[{"form/prs_First_Name": "Ana", "form/prs_Second_Name": "Ruiz", "form/prs_Birthdate": "1998-04-01", "form/prs_Gender": "Feminine", "form/vic_Methods_of_Control": "Threats PhysicalAbuse", "form/cas_CaseNumber": "J-9"}]""";
        var result = await Import(json, "cas_CaseNumber");

        Assert.Equal("htcds-2.0+ext", result.Profile);
        Assert.Equal("J-9", result.Rows[0].Record.ContributorRecordRef);
    }

    public static TheoryData<string, string> Hostile => new()
    {
        { "[" + One + ", {", "not valid JSON" },
        { "[{\"a\": " + new string('[', 200) + new string(']', 200) + "}]", "nested" },
        { "[{\"name\": \"" + new string('x', 40_000) + "\"}]", "longer than" },
        { "[{\"name\": \"" + new string('x', 9 << 20) + "\"}]", "larger than" },
        { "[{" + string.Join(',', Enumerable.Range(0, 10_000).Select(i => $"\"m{i}\": 1")) + "}]", "different members" },
    };

    [Theory, MemberData(nameof(Hostile))]
    public async Task ImportAsync_HostileJson_GivesOneClearSentence(string json, string expected)
    {
        var error = await Assert.ThrowsAsync<ImportException>(() => Import(json));

        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ImportAsync_NothingInTheList_IsNoLayout() => Assert.NotNull((await Import("[]")).NeedsProfile);

    private static async Task<ImportResult> Import(string json, string reference = "case_no") =>
        await CaseImporter.ImportAsync(new MemoryStream(Encoding.UTF8.GetBytes(json)), SampleRoom.Options("k", new DatasetManifest(), reference), TestContext.Current.CancellationToken);
}
