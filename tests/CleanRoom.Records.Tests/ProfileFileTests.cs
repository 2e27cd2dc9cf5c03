using System.Text;
using CleanRoom.Records.Import;

namespace CleanRoom.Records.Tests;

public sealed class ProfileFileTests
{
    private const string Table = "Nr;Kontakt Chef;locked in?;Geschl.;Form;Wann\n7;+49 30 000 0123;1;2;form B signed;03/04/2024\n";

    public static TheoryData<string, string> BadProfiles => new()
    {
        { "[]", "must be an object" },
        { "{ \"name\": \"x\"", "not JSON" },
        { "{ \"name\": \"x\", \"name\": \"y\" }", "twice" },
        { "{ \"columns\": {} }", "name is missing" },
        { "{ \"name\": \"Our List\" }", "name must be" },
        { "{ \"name\": \"persons\" }", "shipped profile" },
        { "{ \"name\": \"x\", \"column\": {} }", "\"column\" is not known" },
        { "{ \"name\": \"x\", \"base\": \"htcds\" }", "htcds-2.0+ext" },
        { "{ \"name\": \"x\", \"columns\": { \"Chef\": \"SuspectContakt\" } }", "did you mean SuspectContact?" },
        { "{ \"name\": \"x\", \"columns\": { \"Chef\": \"Phone:2\" } }", "takes nothing behind a colon" },
        { "{ \"name\": \"x\", \"columns\": { \"a\": \"Flag:means:Threats\" } }", "Flag:LIST:CODE" },
        { "{ \"name\": \"x\", \"columns\": { \"a\": \"Flag:meansOfControl:Threat\" } }", "did you mean Threats?" },
        { "{ \"name\": \"x\", \"columns\": { \"Tel.\": \"Phone\", \"TEL\": \"Email\" } }", "twice" },
        { "{ \"name\": \"x\", \"columns\": { \"Tel\": 3 } }", "a text in quotes" },
        { "{ \"name\": \"x\", \"codes\": { \"sex\": {} } }", "the lists are gender" },
        { "{ \"name\": \"x\", \"codes\": { \"gender\": { \"1\": \"Female\" } } }", "did you mean" },
        { "{ \"name\": \"x\", \"consentWords\": { \"ok\": [\"C12\"] } }", "C0 to C9" },
        { "{ \"name\": \"x\", \"consentWords\": { \"ok\": \"C1\" } }", "list of purposes" },
        { "{ \"name\": \"x\", \"dates\": \"dmy\" }", "day-first or month-first" },
        { "{ \"name\": \"x\", \"onlyThese\": 1 }", "true or false" },
    };

    [Theory, MemberData(nameof(BadProfiles))]
    public void Parse_ProfileWithAFault_SaysWhereAndWhatToWrite(string json, string expected)
    {
        var error = Assert.Throws<ImportException>(() => ProfileFile.Parse(json));

        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ImportAsync_OwnProfile_ReadsColumnsCodesConsentAndDatesAsItSays()
    {
        var path = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(path, """
                {
                  "name": "own", "columns": { "Nr": "Ref", "Kontakt Chef": "SuspectContact", "locked in?": "Flag:meansOfControl:RestrictsMovement", "Geschl.": "Gender", "Form": "ConsentWords", "Wann": "Seen" },
                  "codes": { "gender": { "2": "Feminine" } }, "consentWords": { "form B signed": ["C1", "C2"] }, "dates": "month-first"
                }
                """, TestContext.Current.CancellationToken);
            var result = await CaseImporter.ImportAsync(
                new MemoryStream(Encoding.UTF8.GetBytes(Table)), SampleRoom.Options("o", new DatasetManifest(), "Nr", path), TestContext.Current.CancellationToken);
            var record = Assert.Single(result.Rows).Record;

            Assert.Equal("own", result.Profile);
            Assert.Equal("7", record.ContributorRecordRef);
            Assert.Equal("+49300000123", record.Persons.Single(p => p.Role == "Suspect").Identifiers.Single().Value);
            Assert.Equal("Feminine", record.Persons[0].Gender);
            Assert.Equal("RestrictsMovement", record.Exploitation.Single().MeansOfControl.Single().Code);
            Assert.Equal(["C1_AGGREGATE", "C2_BLIND_MATCH"], record.Consents.Select(c => c.Purpose));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public async Task Parse_ExampleOfTheDocumentation_IsAProfile()
    {
        var text = await File.ReadAllTextAsync(Path.Combine(Directory.GetParent(SampleRoom.Folder)!.FullName, "docs/mapping-profiles.md"), TestContext.Current.CancellationToken);
        var from = text.IndexOf("```json", StringComparison.Ordinal) + 7;

        var profile = ProfileFile.Parse(text[from..text.IndexOf("```", from, StringComparison.Ordinal)]);

        Assert.Equal("our-intake-list", profile.Name);
        var missing = Enum.GetNames<ImportField>().Where(f => !text.Contains($"`{f}", StringComparison.Ordinal) && !f.StartsWith("ReferralOut", StringComparison.Ordinal));
        Assert.Empty(missing);
        Assert.All(CodeReader.Lists, list => Assert.Contains($"`{list}`", text, StringComparison.Ordinal));
    }

    [Fact]
    public async Task ImportAsync_UnknownColumnOfNumbers_IsReportedWithWhatItLooksLike()
    {
        var table = "name,nationality,zxqv\nAna Ruiz,CO,+57 300 000 0123\nEva Gil,CO,+57 300 000 0456\n";
        var result = await CaseImporter.ImportAsync(new MemoryStream(Encoding.UTF8.GetBytes(table)), SampleRoom.Options("o", new DatasetManifest()), TestContext.Current.CancellationToken);

        var issue = result.Report.Issues.Single(i => i.Code == "unmapped-column");
        Assert.Equal("zxqv", issue.Column);
        Assert.Contains("telephone", issue.Message, StringComparison.Ordinal);
        Assert.Equal("(not read)", result.Report.Columns["zxqv"]);
    }
}
