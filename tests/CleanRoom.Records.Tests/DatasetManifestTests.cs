using CleanRoom.Records.Import;

namespace CleanRoom.Records.Tests;

public sealed class DatasetManifestTests
{
    [Theory]
    [InlineData("manifest_a.json", 3)]
    [InlineData("manifest_b.json", 2)]
    [InlineData("manifest_c.json", 1)]
    public async Task Check_ManifestsOfTheSamples_HaveNothingWrong(string file, int periods)
    {
        var manifest = DatasetManifest.Parse(await File.ReadAllTextAsync(Path.Combine(SampleRoom.Folder, file), TestContext.Current.CancellationToken));

        Assert.Empty(manifest.Check());
        Assert.Equal(periods, manifest.Periods.Count);
        Assert.All(manifest.Periods, period => Assert.NotEmpty(period.ProgrammeFocus));
    }

    [Fact]
    public void Check_EverythingWrong_IsSaidAtOnceAndByField()
    {
        var manifest = DatasetManifest.Parse("""
            {"definitionFramework":"ours","jurisdiction":["THA","Siam"],"periods":[{"from":"2015","to":"2018-06"},{"from":"2018-06","programmeFocus":["Everything"]},{"from":"last year"}]}
            """);

        Assert.Equal(
            ["catchment", "definitionFramework", "jurisdiction[1]", "periods[1]", "periods[1].programmeFocus[0]", "periods[2]"],
            manifest.Check().Select(problem => problem.Field));
    }

    [Theory]
    [InlineData("[]", "The manifest must be an object")]
    [InlineData("{\"jurisdiction\":\"THA\"}", "jurisdiction must be a list")]
    [InlineData("{\"periods\":[{\"from\":2015}]}", "periods[0].from must be a text")]
    [InlineData("{\"declaredConsent\":{\"purposes\":[1]}}", "declaredConsent.purposes must be a list of texts")]
    [InlineData("{\"consentMonths\":1.5}", "consentMonths must be a whole number")]
    [InlineData("{", "not valid JSON")]
    public void Parse_MemberOfAnotherKind_IsNamed(string json, string expected) =>
        Assert.Contains(expected, Assert.Throws<ImportException>(() => DatasetManifest.Parse(json)).Message, StringComparison.Ordinal);

    [Fact]
    public void Parse_WhatIsNotGiven_HasItsDefault()
    {
        var manifest = DatasetManifest.Parse("{\"Name\":\"x\",\"jurisdiction\":null,\"more\":{}}");

        Assert.Equal(("x", 24, 0), (manifest.Name, manifest.ConsentMonths, manifest.Jurisdiction.Count));
    }
}
