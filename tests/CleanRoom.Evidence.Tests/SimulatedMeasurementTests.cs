using CleanRoom.Evidence.Simulation;

namespace CleanRoom.Evidence.Tests;

public sealed class SimulatedMeasurementTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("cleanroom-measure-");

    public SimulatedMeasurementTests()
    {
        Write("CleanRoom.B.dll", "b");
        Write("CleanRoom.A.dll", "a");
    }

    [Fact]
    public void OfFolder_OtherFiles_DoNotCount()
    {
        var before = Measure();
        Write("System.Text.dll", "x");
        Write("CleanRoom.A.pdb", "x");

        Assert.Equal(before, Measure());
    }

    [Fact]
    public void OfFolder_ChangedCode_HasAnotherMeasurement()
    {
        var seen = new HashSet<LaunchMeasurement> { Measure() };
        Write("CleanRoom.A.dll", "c");
        Assert.True(seen.Add(Measure()));
        Write("CleanRoom.C.dll", string.Empty);
        Assert.True(seen.Add(Measure()));
        File.Move(Path.Combine(_folder.FullName, "CleanRoom.C.dll"), Path.Combine(_folder.FullName, "CleanRoom.D.dll"));
        Assert.True(seen.Add(Measure()));
        File.Delete(Path.Combine(_folder.FullName, "CleanRoom.D.dll"));
        Write("CleanRoom.A.dll", "a");
        Assert.False(seen.Add(Measure()));
    }

    [Fact]
    public void OfFolder_NothingToMeasure_Throws() =>
        Assert.Throws<InvalidOperationException>(() => SimulatedMeasurement.OfFolder(_folder.CreateSubdirectory("empty").FullName));

    public void Dispose() => _folder.Delete(recursive: true);

    private LaunchMeasurement Measure() => SimulatedMeasurement.OfFolder(_folder.FullName);

    private void Write(string name, string content) => File.WriteAllText(Path.Combine(_folder.FullName, name), content);
}
