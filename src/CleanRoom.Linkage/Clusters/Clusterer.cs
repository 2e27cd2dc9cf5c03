using CleanRoom.Linkage.Models;
using CleanRoom.Linkage.Tables;

namespace CleanRoom.Linkage.Clusters;

/// <summary>Joins records into clusters, the surest pairs first.</summary>
internal static class Clusterer
{
    public static int[] Cluster(LinkTable table, IReadOnlyList<LinkedPair> pairs, LinkConfig config)
    {
        var least = LinkModel.WeightOf(config.ClusterThreshold);
        var sets = new UnionFind(table.Count);
        foreach (var pair in pairs)
        {
            if (pair.Weight >= least)
            {
                _ = sets.Join(pair.First, pair.Second);
            }
        }
        var clusters = new int[table.Count];
        for (var i = 0; i < clusters.Length; i++)
        {
            clusters[i] = sets.Find(i);
        }
        return clusters;
    }
}
