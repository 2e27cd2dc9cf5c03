using System.Text;
using CleanRoom.Records.Import;

namespace CleanRoom.Records.Tests;

public sealed class MappingProposalTests
{
    private const string Table = "Intake 2024,,,,,\nRef,Naam,Born,zxqv,Mag delen,Opm\nA1,Ana Ruiz,03/04/1990,+254700000301,zeker wel,\nA2,Eva Gil,04/05/1991,+254700000302,zeker wel,\n";

    [Fact]
    public async Task OfAsync_UnknownColumnsWordsAndDates_AreAskedForAndNothingElse()
    {
        var proposal = await Of(Table);

        Assert.Equal(["zxqv", "Mag delen"], proposal.Columns.Where(c => c.IsUnclear).Select(c => c.Header));
        Assert.Contains("SuspectContact", proposal.Columns.Single(c => c.Header == "zxqv").Choices);
        Assert.True(proposal.AsksForDateOrder);
        Assert.DoesNotContain(proposal.Columns, c => c.Shapes.Any(s => s.Contains("Ruiz", StringComparison.Ordinal) || s.Contains("254", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task ToProfile_Answers_AreReadByTheNextImport()
    {
        var proposal = await Of(Table);
        var json = proposal.ToProfile("own-list", new Dictionary<string, string> { ["zxqv"] = "SuspectContact", ["Mag delen"] = "ConsentWords" }, new Dictionary<string, IReadOnlyList<string>> { ["zeker wel"] = ["C1", "C2"] }, monthFirst: true);
        var path = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(path, json, TestContext.Current.CancellationToken);
            var result = await CaseImporter.ImportAsync(Bytes(Table), Options() with { Profile = path }, TestContext.Current.CancellationToken);

            Assert.Equal(2, result.Report.IdentitySealed);
            Assert.Equal("1990-03-04", result.Rows[0].Record.Persons[0].Birth.Edtf);
            Assert.Equal("+254700000301", result.Rows[0].Record.Persons.Single(p => p.Role == "Suspect").Identifiers[0].Value);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public async Task OfAsync_ConsentColumnWithUnknownWords_AsksWhatTheyGrant()
    {
        var proposal = await Of("Ref,Name,Nationality,Consent\nA1,Ana Ruiz,KE,form B\nA2,Eva Gil,KE,Form B\nA3,Ida Lom,KE,ok all\nA4,Jo Tam,KE,call 0700000123 first\n");

        var question = Assert.Single(proposal.Consents);
        Assert.Equal(("form B", 2), (question.Words, question.Count));
    }

    [Fact]
    public async Task OfAsync_FileOfWhichNoWordIsKnown_ProposesItsFirstFullLine()
    {
        var proposal = await Of("abcd,efgh,ijkl\nq,w,e\nr,t,y\n");

        Assert.Equal(["abcd", "efgh", "ijkl"], proposal.Columns.Select(c => c.Header));
        Assert.All(proposal.Columns, c => Assert.True(c.IsUnclear));
    }

    [Fact]
    public async Task ToProfile_FieldThatDoesNotExist_IsRefused()
    {
        var proposal = await Of(Table);

        Assert.Throws<ImportException>(() => proposal.ToProfile("own-list", new Dictionary<string, string> { ["zxqv"] = "Secret" }, new Dictionary<string, IReadOnlyList<string>>(), null));
    }

    private static Task<MappingProposal> Of(string table) => MappingProposal.OfAsync(Bytes(table), Options(), TestContext.Current.CancellationToken);

    private static MemoryStream Bytes(string table) => new(Encoding.UTF8.GetBytes(table));

    private static ImportOptions Options() => SampleRoom.Options("k", new DatasetManifest(), "Ref");
}
