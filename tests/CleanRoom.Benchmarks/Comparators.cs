using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using CleanRoom.Linkage.Comparison;
using CleanRoom.Linkage.Models;
using CleanRoom.Records.Matching;
using CleanRoom.Records.Normalisation.Names;
using CleanRoom.Records.V1;

namespace CleanRoom.Benchmarks;

/// <summary>
/// Every comparator, by BenchmarkDotNet: nanoseconds a comparison, what it allocates, and the scalar reference beside what is used where there are two.
/// Names have five to twelve letters, half of the pairs an edit or two apart.
/// </summary>
[CategoriesColumn]
[GroupBenchmarksBy(BenchmarkLogicalGroupRule.ByCategory)]
public class Comparators
{
    private const int Pairs = 2048;

    private static readonly TermFrequencies Terms = new(RoomModel.Shipped.Terms);

    private readonly string[] _left = new string[Pairs];
    private readonly string[] _right = new string[Pairs];
    private readonly PackedText[] _a = new PackedText[Pairs];
    private readonly PackedText[] _b = new PackedText[Pairs];
    private readonly BirthPeriod[] _births = new BirthPeriod[Pairs];
    private readonly IReadOnlyList<NameForm>[] _names = new IReadOnlyList<NameForm>[Pairs];
    private readonly NameToken[] _tokens = new NameToken[Pairs];
    private readonly OrganisationForm[] _organisations = new OrganisationForm[Pairs];
    private readonly SiteForm[] _sites = new SiteForm[Pairs];
    private readonly VesselForm[] _vessels = new VesselForm[Pairs];

    /// <summary>Makes the same pairs in every run.</summary>
    [GlobalSetup]
    public void Make()
    {
        var dice = new Random(5);
        for (var i = 0; i < Pairs; i++)
        {
            _left[i] = Linking.Word(dice, 5 + dice.Next(8));
            _right[i] = i % 2 == 0 ? Linking.Word(dice, 5 + dice.Next(8)) : Linking.Slip(dice, _left[i]);
            if (!PackedText.TryPack(_left[i], out _a[i]) || !PackedText.TryPack(_right[i], out _b[i]))
            {
                throw new InvalidOperationException("A made name does not fit.");
            }
            var first = i % 2 == 0 ? _left[i] : _right[i];
            _names[i] = NameParser.Parse($"{first} {_left[(i * 7) % Pairs]} {_left[i / 2]}");
            _tokens[i] = NameParser.Words(first)[0];
            var day = 720_000 + dice.Next(9000);
            _births[i] = new BirthPeriod(new DayInterval(day, day + (i % 3 == 0 ? 364 : 0)), false, null);
            _organisations[i] = OrganisationForm.From([$"{first} {_left[i / 2]} Recruitment Agency Ltd"], ["NPL"], [])[0];
            _sites[i] = SiteForm.From(new Place { Raw = $"{first} Hotel, {1 + dice.Next(90)} {_left[i / 2]} street, {_left[i / 4]}" }) ?? throw new InvalidOperationException("A made place is none.");
            _vessels[i] = new VesselForm([VesselForm.ReadName($"FV {first} {1 + dice.Next(20)}") ?? throw new InvalidOperationException("A made vessel has no name.")], "", "", NameParser.Words(_left[i / 4]));
        }
    }

    [Benchmark(Baseline = true, OperationsPerInvoke = Pairs), BenchmarkCategory("Jaro-Winkler")]
    public double JaroWinklerScalar()
    {
        var sum = 0.0;
        for (var i = 0; i < Pairs; i++)
        {
            sum += JaroWinkler.Similarity(_left[i], _right[i]);
        }
        return sum;
    }

    [Benchmark(OperationsPerInvoke = Pairs), BenchmarkCategory("Jaro-Winkler")]
    public double JaroWinklerVectors()
    {
        var sum = 0.0;
        for (var i = 0; i < Pairs; i++)
        {
            sum += JaroWinkler.Similarity(in _a[i], in _b[i]);
        }
        return sum;
    }

    [Benchmark(Baseline = true, OperationsPerInvoke = Pairs), BenchmarkCategory("Levenshtein")]
    public int LevenshteinScalar()
    {
        var sum = 0;
        for (var i = 0; i < Pairs; i++)
        {
            sum += Levenshtein.Between(_left[i], _right[i]);
        }
        return sum;
    }

    [Benchmark(OperationsPerInvoke = Pairs), BenchmarkCategory("Levenshtein")]
    public int LevenshteinVectors()
    {
        var sum = 0;
        for (var i = 0; i < Pairs; i++)
        {
            sum += Levenshtein.Between(in _a[i], in _b[i]);
        }
        return sum;
    }

    [Benchmark(Baseline = true, OperationsPerInvoke = Pairs), BenchmarkCategory("restricted Damerau")]
    public int DamerauScalar()
    {
        var sum = 0;
        for (var i = 0; i < Pairs; i++)
        {
            sum += EditDistance.Between(_left[i], _right[i]);
        }
        return sum;
    }

    [Benchmark(OperationsPerInvoke = Pairs), BenchmarkCategory("restricted Damerau")]
    public int DamerauVectors()
    {
        var sum = 0;
        for (var i = 0; i < Pairs; i++)
        {
            sum += EditDistance.Between(in _a[i], in _b[i]);
        }
        return sum;
    }

    /// <summary>What the table engine does: the bound first, the distance where it may be two or less.</summary>
    [Benchmark(OperationsPerInvoke = Pairs), BenchmarkCategory("restricted Damerau")]
    public int DamerauBoundFirst()
    {
        var sum = 0;
        for (var i = 0; i < Pairs; i++)
        {
            sum += PackedText.LeastEdits(in _a[i], in _b[i]) > 2 ? 3 : EditDistance.Between(in _a[i], in _b[i]);
        }
        return sum;
    }

    [Benchmark(OperationsPerInvoke = Pairs), BenchmarkCategory("birth dates")]
    public double Births()
    {
        var sum = 0.0;
        for (var i = 0; i < Pairs; i++)
        {
            sum += BirthComparer.Compare(_births[i], _births[(i + 1) % Pairs], RoomModel.Shipped.Births).Weight;
        }
        return sum;
    }

    [Benchmark(OperationsPerInvoke = Pairs), BenchmarkCategory("words of names")]
    public int Tokens()
    {
        var sum = 0;
        for (var i = 0; i < Pairs; i++)
        {
            sum += (int)TokenComparer.Compare(_tokens[i], _tokens[(i + 1) % Pairs]);
        }
        return sum;
    }

    [Benchmark(OperationsPerInvoke = Pairs), BenchmarkCategory("names of three words")]
    public double Names()
    {
        var sum = 0.0;
        for (var i = 0; i < Pairs; i++)
        {
            sum += NameComparer.Compare(_names[i], _names[(i + 1) % Pairs], Terms, RoomModel.Shipped.Names).Weight;
        }
        return sum;
    }

    [Benchmark(OperationsPerInvoke = Pairs), BenchmarkCategory("organisations")]
    public double Organisations()
    {
        var sum = 0.0;
        for (var i = 0; i < Pairs; i++)
        {
            sum += OrganisationComparer.Compare(_organisations[i], _organisations[(i + 1) % Pairs], Terms).Weight;
        }
        return sum;
    }

    [Benchmark(OperationsPerInvoke = Pairs), BenchmarkCategory("sites")]
    public double Sites()
    {
        var sum = 0.0;
        for (var i = 0; i < Pairs; i++)
        {
            sum += SiteComparer.Compare(_sites[i], _sites[(i + 1) % Pairs], Terms).Weight;
        }
        return sum;
    }

    [Benchmark(OperationsPerInvoke = Pairs), BenchmarkCategory("vessels")]
    public int Vessels()
    {
        var sum = 0;
        for (var i = 0; i < Pairs; i++)
        {
            sum += VesselForm.Compare(_vessels[i], _vessels[(i + 1) % Pairs], Terms) is null ? 0 : 1;
        }
        return sum;
    }

    /// <summary>Runs them all in this process and adds their figures to the report.</summary>
    internal static void Run(Report report)
    {
        var config = ManualConfig.CreateEmpty()
            .AddJob(Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance))
            .AddDiagnoser(MemoryDiagnoser.Default)
            .AddColumnProvider(DefaultColumnProviders.Instance)
            .AddLogger(NullLogger.Instance)
            .WithArtifactsPath(Path.Combine(AppContext.BaseDirectory, "measured"));
        var summary = BenchmarkRunner.Run<Comparators>(config);
        foreach (var group in summary.Reports.GroupBy(r => r.BenchmarkCase.Descriptor.Categories[0]))
        {
            var scalar = group.FirstOrDefault(r => r.BenchmarkCase.Descriptor.Baseline);
            foreach (var one in group)
            {
                var name = one.BenchmarkCase.Descriptor.WorkloadMethod.Name;
                var mean = one.ResultStatistics?.Mean ?? throw new InvalidOperationException($"{name} gave no figure.");
                report.Add("compare", $"{group.Key}, {name}", mean, "ns");
                report.Add("compare", $"{group.Key}, {name}, allocated", one.GcStats.GetBytesAllocatedPerOperation(one.BenchmarkCase) ?? 0, "B");
                if (scalar?.ResultStatistics is { } reference && one != scalar)
                {
                    report.Add("compare", $"{group.Key}, scalar/{name}", reference.Mean / mean, "times");
                }
            }
        }
    }
}
